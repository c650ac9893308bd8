"""The encoder: what is served without torch equals what the model computes with it."""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from retriever.models.encoder import Encoder, Vectors
from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.load import load_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.settings import RetrieverSettings
from retriever.text.analysis import cjk_share

_WORDS = ["leave", "office", "holiday", "salary", "contract", "notice", "remote", "travel", "expense", "budget"]
_CHINESE = "员工每年享有十五天带薪年假，工作满十年后增加到二十天。办公室早上九点开门。"


def _english_texts() -> list[str]:
    return [text for text in _mixed_texts() if cjk_share(text) < 0.3]


def _mixed_texts() -> list[str]:
    chance = random.Random(7)
    english = [" ".join(chance.choices(_WORDS, k=size)) for size in (1, 3, 12, 60, 150, 400, 900)]
    texts = [*english, _CHINESE, _CHINESE * 30, f"{_CHINESE} and {english[2]}", "?", "café 🙂 naïve"]
    chance.shuffle(texts)
    return texts


def _torch_vectors(texts: list[str]) -> Vectors:
    """Return what transformers computes: truncate, pool the mean, normalise; one text at a time, without padding."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    model = AutoModel.from_pretrained(default_encoder(), local_files_only=True).eval()
    tokenizer = Tokenizer.from_file(str(default_encoder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    rows = []
    with torch.no_grad():
        for text in texts:
            ids = torch.tensor([tokenizer.encode(text).ids])
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            rows.append(torch.nn.functional.normalize(states.mean(dim=1), dim=-1)[0].numpy())
    return np.stack(rows)


def test_converted_vectors_equal_those_of_the_torch_model_in_any_padding(minilm: Encoder) -> None:
    texts = _english_texts()

    cosines = (minilm.encode_passages(texts) * _torch_vectors(texts)).sum(axis=1)

    assert cosines.min() >= 0.9999


def test_vectors_have_length_one_and_the_stated_dimension(minilm: Encoder) -> None:
    vectors = minilm.encode_passages(_mixed_texts())

    assert vectors.dtype == np.float32
    assert vectors.shape == (12, minilm.dimension)
    assert minilm.dimension == 384
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_vectors_come_in_the_order_of_the_texts_although_batches_are_sorted_by_length(minilm: Encoder) -> None:
    texts = [" ".join(_WORDS[: 1 + (7 * number) % 13]) + f" {number}" for number in range(70)]  # three batches

    together = minilm.encode_passages(texts)

    alone = np.concatenate([minilm.encode_passages([text]) for text in texts[::10]])
    np.testing.assert_allclose(together[::10], alone, atol=1e-5)


def test_no_texts_give_an_empty_matrix(minilm: Encoder) -> None:
    assert minilm.encode_passages([]).shape == (0, minilm.dimension)


def test_eight_threads_get_the_vectors_that_one_gets(minilm: Encoder) -> None:
    texts = [f"{word} {number}" for number in range(2) for word in _WORDS]
    expected = minilm.encode_queries(texts)
    found: dict[int, list[Vectors]] = {}
    barrier = threading.Barrier(8)

    def encode(number: int) -> None:
        barrier.wait()
        mine = texts[number:] + texts[:number]
        found[number] = [np.roll(minilm.encode_queries(mine), number, axis=0) for _ in range(5)]

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == list(range(8))
    for rounds in found.values():
        for vectors in rounds:
            np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_a_vector_stays_as_it_is_when_further_texts_are_encoded(minilm: Encoder) -> None:
    first = minilm.encode_queries(["annual leave"])
    kept = first.copy()

    minilm.encode_queries(["something else entirely"])

    np.testing.assert_array_equal(first, kept)


def test_tokens_are_counted_beyond_the_truncation_of_the_tokenizer_file(minilm: Encoder) -> None:
    assert minilm.max_tokens == 256
    assert minilm.count_tokens(["", "leave", "leave " * 1000]) == [2, 3, 1002]


def test_english_and_chinese_are_read_and_other_scripts_of_the_east_are_not(minilm: Encoder) -> None:
    assert minilm.unknown_share("How many days of annual leave do we get?") == 0.0
    assert minilm.unknown_share("员工每年享有多少天年假？") == 0.0
    assert minilm.unknown_share("こんにちは、きょうはいいてんきですね") > 0.2
    assert minilm.unknown_share("연차 휴가는 며칠입니까") > 0.2
    assert minilm.unknown_share("") == 0.0


def test_english_vectors_are_those_of_the_plain_encoder_bit_for_bit(
    minilm: Encoder, retriever_settings: RetrieverSettings
) -> None:
    plain = OpenVinoEncoder(EncoderFiles.read(default_encoder()), retriever_settings)

    for text in _english_texts():
        np.testing.assert_array_equal(minilm.encode_passages([text]), plain.encode_passages([text]))
    assert minilm.space_id != plain.space_id


def test_a_chinese_question_is_nearest_to_the_passage_that_answers_it(minilm: Encoder) -> None:
    passages = [
        "员工每年享有十五天带薪年假，工作满十年后增加。",
        "办公室早上九点开门，访客须登记。",
        "The office opens at nine.",
    ]

    cosines = minilm.encode_passages(passages) @ minilm.encode_queries(["每年有多少天年假？"])[0]

    assert int(np.argmax(cosines)) == 0


def test_texts_of_unknown_characters_alone_have_vectors_without_nan(minilm: Encoder) -> None:
    vectors = minilm.encode_passages(["한국", "연차 휴가는", "ㅎㅎ", "", "\u200b", "🙂"])

    assert np.isfinite(vectors).all()
    np.testing.assert_array_equal(vectors[:2], np.zeros((2, 384), dtype=np.float32))


def test_rows_of_mixed_languages_come_in_the_order_of_the_texts(minilm: Encoder) -> None:
    texts = ["年假", "leave", "办公室九点开门", "the office", "带薪", ""]

    together = minilm.encode_passages(texts)

    alone = np.concatenate([minilm.encode_passages([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    np.testing.assert_array_equal(minilm.encode_queries(["年假"]), minilm.encode_passages(["年假"]))


def test_cosines_of_chinese_weigh_less_than_those_of_english(minilm: Encoder) -> None:
    assert minilm.trust("What is the fare?") == 1.0
    assert 0 < minilm.trust("票价是多少？") < 1.0


def test_an_encoder_of_ones_own_has_no_chinese_part(tmp_path: Path, retriever_settings: RetrieverSettings) -> None:
    folder = tmp_path / "own"
    shutil.copytree(default_encoder(), folder)
    tensors = load_file(default_encoder() / "model.safetensors")
    tensors["encoder.layer.0.output.dense.bias"] = tensors["encoder.layer.0.output.dense.bias"] + 0.01
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    own = load_encoder(retriever_settings.model_copy(update={"encoder": folder}))

    assert isinstance(own, OpenVinoEncoder)
    assert own.unknown_share("员工每年享有多少天年假？") > 0.2


def test_a_second_encoder_uses_the_converted_model_and_gives_the_same_vectors(
    minilm: Encoder, retriever_settings: RetrieverSettings
) -> None:
    assert retriever_settings.cache is not None
    converted = sorted(path.name for path in retriever_settings.cache.iterdir())

    again = load_encoder(retriever_settings)

    assert again.space_id == minilm.space_id
    assert sorted(path.name for path in retriever_settings.cache.iterdir()) == converted
    np.testing.assert_allclose(again.encode_queries(["leave"]), minilm.encode_queries(["leave"]), atol=1e-6)
