"""Batches by tokens, padding, and which texts go through which precision."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder, batches, padded
from retriever.settings import RetrieverSettings


def _settings(settings: RetrieverSettings, precision: str) -> RetrieverSettings:
    return settings.model_copy(update={"precision": precision, "threads": 1})


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 1000))
def test_every_text_is_in_one_batch_and_batches_keep_the_budget(lengths: list[int], budget: int) -> None:
    cut = list(batches(lengths, budget))

    assert sorted(row for rows in cut for row in rows) == list(range(len(lengths)))
    for rows in cut:
        assert len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= budget
    ordered = [lengths[row] for rows in cut for row in rows]
    assert ordered == sorted(lengths, reverse=True)


def test_a_text_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert list(batches([3, 50, 4, 50], budget=10)) == [[1], [3], [2, 0]]
    assert list(batches([], budget=10)) == []
    assert list(batches([0, 0], budget=1)) == [[0], [1]]


def test_padding_is_masked() -> None:
    ids, mask = padded([[5, 6, 7], [8]])

    np.testing.assert_array_equal(ids, [[5, 6, 7], [8, 0, 0]])
    np.testing.assert_array_equal(mask, [[1, 1, 1], [1, 0, 0]])
    assert [part.shape for part in padded([[5, 6, 7], [8]], 8)] == [(2, 8), (2, 8)]
    assert ids.dtype == mask.dtype == np.int64


def test_a_short_text_alone_gets_the_vector_it_gets_among_others(retriever_settings: RetrieverSettings) -> None:
    encoder = OpenVinoEncoder(EncoderFiles.read(default_encoder()), _settings(retriever_settings, "f32"))
    texts = [" ".join(["ticket"] * count) for count in (1, 13, 14, 15, 16, 30)]  # and two special tokens

    together = encoder.encode_passages(texts)

    alone = np.concatenate([encoder.encode_queries([text]) for text in texts])
    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_by_default_only_a_short_question_alone_goes_through_8_bit_weights(
    retriever_settings: RetrieverSettings,
) -> None:
    files = EncoderFiles.read(default_encoder())
    usual = OpenVinoEncoder(files, _settings(retriever_settings, "auto"))
    exact = OpenVinoEncoder(files, _settings(retriever_settings, "f32"))
    short, long = "When does the last ferry leave?", "When does the last ferry leave the northern pier in winter? " * 3

    def cosine(found: np.ndarray, text: str) -> float:
        return float(found[0] @ exact.encode_passages([text])[0])

    assert usual.space_id == exact.space_id
    assert 0.99 < cosine(usual.encode_queries([short]), short) < 0.9998  # bfloat16 alone stays above 0.9999
    assert cosine(exact.encode_queries([short]), short) > 0.99999
    assert cosine(usual.encode_queries([long]), long) > 0.9998
    assert cosine(usual.encode_passages([short]), short) > 0.9998
    assert cosine(usual.encode_queries([short, long]), short) > 0.9998


def test_questions_one_after_another_do_not_see_each_other(retriever_settings: RetrieverSettings) -> None:
    encoder = OpenVinoEncoder(EncoderFiles.read(default_encoder()), _settings(retriever_settings, "auto"))
    first = encoder.encode_queries(["pier"])
    kept = first.copy()

    for _ in range(5):  # more than there are places for questions
        longer = encoder.encode_queries(["a much longer question about tickets and ferries"])
    again = [encoder.encode_queries(["pier"]) for _ in range(5)]

    np.testing.assert_array_equal(first, kept)
    for vector in again:
        np.testing.assert_array_equal(vector, kept)
    assert not np.allclose(longer, kept, atol=0.01)


def test_the_unknown_share_counts_tokens_of_the_text_alone(retriever_settings: RetrieverSettings) -> None:
    encoder = OpenVinoEncoder(EncoderFiles.read(default_encoder()), _settings(retriever_settings, "f32"))

    assert [encoder.unknown_share(text) for text in ("龘 pier", "龘", "pier", "")] == [0.5, 1.0, 0.0, 0.0]
