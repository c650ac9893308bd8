"""The file of multilingual-e5-small: numbers, names and tokens come out as they went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from e5_files import write_tiny
from safetensors.numpy import load_file

from retriever.models.e5_file import write_folder
from retriever.models.encoder_files import EncoderFiles
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.settings import RetrieverSettings
from store.errors import DamagedError

_PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    return made


def test_each_tensor_has_its_name_in_transformers_and_its_numbers(tmp_path: Path, folder: Path) -> None:
    written = write_tiny(tmp_path / "tiny.bin").tensors

    write_folder(tmp_path / "tiny.bin", folder, _PROMPTS)

    found = load_file(folder / "model.safetensors")
    expected = {
        "embeddings.word_embeddings.weight": written["emb.word"],
        "embeddings.position_embeddings.weight": written["emb.pos"],
        "embeddings.token_type_embeddings.weight": np.repeat(written["emb.type"], 2, axis=0),
        "embeddings.LayerNorm.bias": written["emb.ln.b"],
        "encoder.layer.0.attention.self.query.weight": written["l0.q.w"],
        "encoder.layer.0.attention.output.LayerNorm.weight": written["l0.aln.w"],
        "encoder.layer.0.intermediate.dense.weight": written["l0.fi.w"],
        "encoder.layer.0.output.dense.weight": written["l0.fo.w"],
        "encoder.layer.0.output.dense.bias": written["l0.fo.b"],
    }
    assert len(found) == 21
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name].astype(np.float32), tensor, rtol=1e-3)


def test_its_tokenizer_cuts_into_the_likeliest_pieces(tmp_path: Path, folder: Path) -> None:
    write_tiny(tmp_path / "tiny.bin")
    write_folder(tmp_path / "tiny.bin", folder, _PROMPTS)
    files = EncoderFiles.read(folder)

    rows = files.token_ids(["ferry", " ferry \u200b ferry", "渡轮\u0001", "query: ferry", "", "ferry" + " ferry" * 30])

    assert rows[:5] == [[0, 9, 2], [0, 9, 9, 2], [0, 4, 10, 11, 2], [0, 5, 9, 2], [0, 2]]
    assert rows[5] == [0, *[9] * 14, 2]
    assert files.unknown_id == 3
    assert (files.query_prefix, files.passage_prefix, files.max_tokens) == ("query: ", "passage: ", 16)


def test_it_computes_as_a_transformer_with_these_weights_and_knows_its_prefixes(tmp_path: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModel

    write_tiny(tmp_path / "tiny.bin")
    write_folder(tmp_path / "tiny.bin", folder, _PROMPTS)
    encoder = OpenVinoEncoder(
        EncoderFiles.read(folder, "known"), RetrieverSettings(cache=tmp_path / "cache", precision="f32")
    )

    question, passage = encoder.encode_queries(["ferry"])[0], encoder.encode_passages(["ferry"])[0]

    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    for found, prefix in ((question, 5), (passage, 6)):
        with torch.inference_mode():
            states = model(torch.tensor([[0, prefix, 9, 2]])).last_hidden_state[0].mean(0)
        expected = (states / states.norm()).numpy()
        assert float(found @ expected) > 0.999
    assert float(question @ passage) < 0.9999


@pytest.mark.parametrize(("start", "end"), [(0, 40), (0, 300), (1, None), (0, -600)])
def test_a_file_that_is_another_one_or_cut_off_is_refused(tmp_path: Path, folder: Path, start: int, end: int) -> None:
    write_tiny(tmp_path / "tiny.bin")
    (tmp_path / "bad.bin").write_bytes((tmp_path / "tiny.bin").read_bytes()[start:end])

    with pytest.raises(DamagedError, match=r"bad\.bin|tensor"):
        write_folder(tmp_path / "bad.bin", folder, _PROMPTS)
