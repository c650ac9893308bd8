"""Rerankers: a cross-encoder beside what transformers computes, and the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import WordReader
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from retriever.encoder_files import default_encoder
from retriever.reranker import CrossEncoder, ReadingReranker, load_reranker
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError


def _build(folder: Path, outputs: int) -> Path:
    """Write a random cross-encoder of one layer with MiniLM's tokenizer."""
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=outputs,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((default_encoder() / "tokenizer.json").read_bytes())
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(tmp_path_factory.mktemp("cross"), outputs=1)


def test_the_scores_are_those_of_the_model(folder: Path, retriever_settings: RetrieverSettings) -> None:
    texts = ["Unused days expire on 31 March.", "Lunch is at noon. " * 20, "x"]
    reranker = CrossEncoder(folder, retriever_settings.model_copy(update={"precision": "f32"}))

    scores = reranker.scores("When do days expire?", texts)

    model = BertForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(default_encoder())
    with torch.no_grad():
        expected = [
            model(**tokenizer("When do days expire?", text, return_tensors="pt")).logits.item() for text in texts
        ]
    np.testing.assert_allclose(scores, expected, atol=1e-3)
    assert reranker.scores("Why?", []) == []


def test_the_id_follows_from_the_weights(folder: Path, retriever_settings: RetrieverSettings) -> None:
    one, two = CrossEncoder(folder, retriever_settings), CrossEncoder(folder, retriever_settings)

    assert one.id == two.id
    assert one.id.startswith("xen_")


def test_a_model_with_two_outputs_is_no_reranker(tmp_path: Path, retriever_settings: RetrieverSettings) -> None:
    with pytest.raises(InvalidInputError, match="has 2 outputs"):
        CrossEncoder(_build(tmp_path / "two", outputs=2), retriever_settings)


def test_a_folder_without_weights_is_refused_by_name(tmp_path: Path, retriever_settings: RetrieverSettings) -> None:
    with pytest.raises(InvalidInputError, match=r"has no config\.json"):
        CrossEncoder(tmp_path, retriever_settings)


def test_the_reader_ranks_by_its_best_span() -> None:
    scores = ReadingReranker(WordReader()).scores("green pear", ["red apple", "a green pear", "!"])

    assert scores == [0.0, 2.0, -np.inf]


def test_the_settings_name_the_reranker(folder: Path, retriever_settings: RetrieverSettings) -> None:
    def loaded(value: Path | None) -> str | None:
        found = load_reranker(retriever_settings.model_copy(update={"reranker": value}), WordReader())
        return found.id if found else None

    assert loaded(None) is None
    assert loaded(Path("reader")) == "reader"
    assert (loaded(folder) or "").startswith("xen_")
