"""An encoder of one's own gives the vectors that sentence-transformers gives, whatever its modules and prompts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from small_models import add_modules, small_encoder

from retriever.models.encoder import Encoder
from retriever.models.encoder_files import EncoderFiles
from retriever.models.load import load_encoder
from retriever.models.torch_encoder import TorchEncoder
from retriever.settings import RetrieverSettings

_TEXTS = ["The ferry leaves at noon.", "fares", "Dogs are kept on a lead of at most two metres, says the notice."]
_QUERIES = ["When does the ferry leave?", "dogs", "Are dogs allowed on the ferry that leaves at noon?"]
_LONGEST = 12  # tokens, prompts counted: less than the last text and the last query have


def _check(folder: Path, cache: Path) -> None:
    """Compare both ways of serving a folder with what sentence-transformers makes of it."""
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    passages = reference.encode(_TEXTS, prompt_name="document", normalize_embeddings=True)
    queries = reference.encode(_QUERIES, prompt_name="query", normalize_embeddings=True)
    settings = RetrieverSettings(encoder=folder, cache=cache, precision="f32")
    saved = cache / "saved"  # as the installed version of sentence-transformers writes it
    reference.save_pretrained(str(saved))
    encoders: Sequence[Encoder] = [
        load_encoder(settings),
        *(TorchEncoder(EncoderFiles.read(each), settings, "cpu") for each in (folder, saved)),
    ]

    for encoder in encoders:
        alone = np.concatenate([encoder.encode_queries([query]) for query in _QUERIES])
        assert encoder.dimension == passages.shape[1]
        assert np.allclose(encoder.encode_passages(_TEXTS), passages, atol=1e-4)
        assert np.allclose(encoder.encode_queries(_QUERIES), queries, atol=1e-4)
        assert np.allclose(alone, queries, atol=1e-4)


@pytest.mark.parametrize(
    "pooling",
    [
        "pooling_mode_mean_tokens",
        pytest.param("pooling_mode_cls_token", marks=pytest.mark.nightly),  # below, beside others, each counts too
        pytest.param("pooling_mode_lasttoken", marks=pytest.mark.nightly),
    ],
)
def test_vectors_equal_those_of_sentence_transformers(tmp_path: Path, pooling: str) -> None:
    _check(small_encoder(tmp_path / "model", pooling, _LONGEST), tmp_path / "cache")


@pytest.mark.parametrize(
    ("poolings", "layers"),
    [
        pytest.param(["mean"], [16], marks=pytest.mark.nightly),
        (["cls", "max", "mean"], [24, None, 8]),
        (["max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"], []),
    ],
)
def test_dense_layers_and_several_poolings_count(tmp_path: Path, poolings: list[str], layers: list[int | None]) -> None:
    folder = small_encoder(tmp_path / "model", longest=_LONGEST)

    _check(add_modules(folder, poolings, layers), tmp_path / "cache")


def test_the_space_is_named_by_every_module_and_its_weights(tmp_path: Path) -> None:
    spaces = set()
    for number, (poolings, layers) in enumerate(
        [(["mean"], []), (["cls"], []), (["cls", "mean"], []), (["mean"], [16]), (["mean"], [8]), (["mean"], [8, 8])]
    ):
        folder = add_modules(small_encoder(tmp_path / str(number)), poolings, layers)
        spaces.add(EncoderFiles.read(folder).space_id)
    weights = folder / "3_Dense" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    spaces.add(EncoderFiles.read(folder).space_id)
    config = json.loads((folder / "3_Dense" / "config.json").read_text(encoding="utf-8"))
    changed = {**config, "activation_function": "torch.nn.ReLU"}
    (folder / "3_Dense" / "config.json").write_text(json.dumps(changed), encoding="utf-8")
    spaces.add(EncoderFiles.read(folder).space_id)

    assert len(spaces) == 8


def test_a_last_normalisation_changes_no_space_for_all_vectors_have_length_one(tmp_path: Path) -> None:
    plain, normalised = (small_encoder(tmp_path / name) for name in ("plain", "normalised"))

    spaces = [
        EncoderFiles.read(folder).space_id
        for folder in (add_modules(plain, ["mean"], []), add_modules(normalised, ["mean"], [None]))
    ]

    assert spaces[0] == spaces[1]
