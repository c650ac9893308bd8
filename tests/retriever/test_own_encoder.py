"""An encoder of one's own gives the vectors that sentence-transformers gives, whatever its pooling and prompts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import small_encoder

from retriever.encoder import load_encoder
from retriever.settings import RetrieverSettings

_TEXTS = ["The ferry leaves at noon.", "fares", "Dogs are kept on a lead of at most two metres, says the notice."]
_QUERIES = ["When does the ferry leave?", "dogs", "Are dogs allowed on the ferry that leaves at noon?"]
_LONGEST = 12  # tokens, prompts counted: less than the last text and the last query have


@pytest.mark.parametrize("pooling", ["pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken"])
@pytest.mark.parametrize("device", ["openvino", "torch"])
def test_vectors_equal_those_of_sentence_transformers(
    tmp_path: Path, pooling: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = small_encoder(tmp_path / "model", pooling, _LONGEST)
    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    settings = RetrieverSettings(encoder=folder, cache=tmp_path / "cache", precision="f32")
    if device == "torch":
        from retriever.encoder_files import EncoderFiles
        from retriever.torch_encoder import TorchEncoder

        encoder = TorchEncoder(EncoderFiles.read(folder), settings, "cpu")
    else:
        encoder = load_encoder(settings)

    passages = reference.encode(_TEXTS, prompt_name="document", normalize_embeddings=True)
    queries = reference.encode(_QUERIES, prompt_name="query", normalize_embeddings=True)

    assert np.allclose(encoder.encode_passages(_TEXTS), passages, atol=1e-4)
    assert np.allclose(encoder.encode_queries(_QUERIES), queries, atol=1e-4)
    assert np.allclose(np.concatenate([encoder.encode_queries([query]) for query in _QUERIES]), queries, atol=1e-4)
