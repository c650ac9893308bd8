"""The Chinese vectors."""

from __future__ import annotations

import numpy as np
import pytest

from retriever.models.chinese_encoder import ChineseEncoder
from retriever.models.encoder_files import default_encoder, whole_tokenizer


@pytest.fixture(scope="module")
def chinese() -> ChineseEncoder:
    return ChineseEncoder(default_encoder() / "model.safetensors", whole_tokenizer(default_encoder()))


def test_vectors_have_length_one_and_the_dimension_of_minilm(chinese: ChineseEncoder) -> None:
    vectors = chinese.encode(["年假", "OpenVINO 的转换很快，用了 3 秒。"])

    assert vectors.shape == (2, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_an_empty_matrix(chinese: ChineseEncoder) -> None:
    assert chinese.encode([]).shape == (0, 384)


def test_a_text_without_known_characters_is_a_zero_and_not_nan(chinese: ChineseEncoder) -> None:
    np.testing.assert_array_equal(chinese.encode(["ㅎㅎㅎ", ""])[1:], np.zeros((1, 384), dtype=np.float32))
    np.testing.assert_array_equal(chinese.encode(["한국"]), np.zeros((1, 384), dtype=np.float32))


def test_pairs_tell_texts_of_the_same_characters_apart(chinese: ChineseEncoder) -> None:
    one, other = chinese.encode(["上海大学", "大学上海"])

    assert 0.3 < float(one @ other) < 0.9999


def test_latin_words_in_chinese_text_count(chinese: ChineseEncoder) -> None:
    asked, right, wrong = chinese.encode(["怎么安装 docker", "docker 的安装步骤如下", "python 的安装步骤如下"])

    assert asked @ right > asked @ wrong


def test_the_share_of_unknown_characters_leaves_latin_out(chinese: ChineseEncoder) -> None:
    assert chinese.unknown_share("员工 handbook") == 0.0
    assert chinese.unknown_share("한국") == 1.0
    assert chinese.unknown_share("no hanzi") == 0.0


def test_the_digest_names_the_weights(chinese: ChineseEncoder) -> None:
    assert chinese.digest.startswith("zh_")
