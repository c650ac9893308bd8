"""Rerankers: a cross-encoder beside what transformers computes, and the reader."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import WordReader
from small_models import small_cross_encoder
from transformers import AutoTokenizer, BertForSequenceClassification

from retriever.models.encoder_files import default_encoder
from retriever.models.reranker import CrossEncoder, ReadingReranker, load_reranker
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_cross_encoder(tmp_path_factory.mktemp("cross"), outputs=1)


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
        CrossEncoder(small_cross_encoder(tmp_path / "two", outputs=2), retriever_settings)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_refused_by_name(
    folder: Path, tmp_path: Path, retriever_settings: RetrieverSettings, name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(name))

    with pytest.raises(InvalidInputError, match=f"has no {name}") as caught:
        CrossEncoder(copy, retriever_settings)

    assert caught.value.param == "retriever.reranker"


def test_other_weights_are_another_reranker(
    folder: Path, tmp_path: Path, retriever_settings: RetrieverSettings
) -> None:
    other = small_cross_encoder(tmp_path / "other", outputs=1, seed=4)

    assert CrossEncoder(other, retriever_settings).id != CrossEncoder(folder, retriever_settings).id


def test_a_pair_that_is_too_long_is_cut(folder: Path, retriever_settings: RetrieverSettings) -> None:
    reranker = CrossEncoder(folder, retriever_settings)

    scores = reranker.scores("? " * 2000, ["word " * 3000, "", "x"])

    assert np.isfinite(scores).all()


def test_many_threads_get_the_scores_that_one_gets(folder: Path, retriever_settings: RetrieverSettings) -> None:
    reranker = CrossEncoder(folder, retriever_settings)
    exact = CrossEncoder(folder, retriever_settings.model_copy(update={"precision": "f32"}))
    texts = ["Lunch is at noon. " * repeats for repeats in (1, 9, 3)]
    expected = reranker.scores("When is lunch?", texts)
    np.testing.assert_allclose(expected, exact.scores("When is lunch?", texts), atol=0.5)  # bfloat16
    found: list[list[float]] = []

    threads = [
        threading.Thread(target=lambda: found.append(reranker.scores("When is lunch?", texts))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 4


def test_the_reader_ranks_by_its_best_span() -> None:
    reranker = ReadingReranker(WordReader())

    scores = reranker.scores("green pear", ["red apple", "a green pear"])

    assert scores == [0.0, 2.0]
    assert reranker.scores("green pear", []) == []


def test_a_passage_without_a_token_comes_last_with_a_number_that_json_can_hold() -> None:
    scores = ReadingReranker(WordReader()).scores("green pear", ["!", "red apple"])

    assert scores[0] < scores[1]
    assert np.isfinite(scores).all()


def test_the_settings_name_the_reranker(folder: Path, retriever_settings: RetrieverSettings) -> None:
    def loaded(value: Path | None) -> str | None:
        found = load_reranker(retriever_settings.model_copy(update={"reranker": value}), WordReader())
        return found.id if found else None

    assert loaded(None) is None
    assert loaded(Path("reader")) == "reader"
    assert (loaded(folder) or "").startswith("xen_")
