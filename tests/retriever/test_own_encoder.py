"""An encoder of one's own gives the vectors that sentence-transformers gives, whatever its pooling and prompts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from retriever.encoder import load_encoder
from retriever.encoder_files import default_encoder
from retriever.settings import RetrieverSettings

_TEXTS = ["The ferry leaves at noon.", "fares", "Dogs are kept on a lead of at most two metres, says the notice."]
_QUERIES = ["When does the ferry leave?", "dogs", "Are dogs allowed on the ferry that leaves at noon?"]
_LONGEST = 12  # tokens, prompts counted: less than the last text and the last query have


def _small_model(folder: Path, pooling: str) -> Path:
    """Save a BERT of one layer with random weights as a sentence-transformers folder with prompts."""
    from transformers import BertConfig, BertModel

    shutil.copytree(default_encoder(), folder, ignore=shutil.ignore_patterns("*.safetensors", "*.md"))
    torch.manual_seed(3)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(**{**config, **small, "initializer_range": 0.5})).save_pretrained(folder)
    modes = {"pooling_mode_mean_tokens": False, pooling: True, "word_embedding_dimension": 32}
    path = folder / "1_Pooling" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **modes}), encoding="utf-8")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": _LONGEST}), encoding="utf-8")
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), encoding="utf-8")
    return folder


@pytest.mark.parametrize("pooling", ["pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken"])
@pytest.mark.parametrize("device", ["openvino", "torch"])
def test_vectors_equal_those_of_sentence_transformers(
    tmp_path: Path, pooling: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = _small_model(tmp_path / "model", pooling)
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
