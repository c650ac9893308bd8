"""Every precision, one after the other in one cache folder, computes what float32 computes, within its tolerance."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from small_models import small_cross_encoder

from retriever.models.compiled import cpu_floats
from retriever.models.encoder_files import EncoderFiles, default_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.models.reranker import CrossEncoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings

_ORDER: tuple[Any, ...] = ("f32", *(["bf16"] if cpu_floats() == "bf16" else []), "int8", "auto")
_COSINE = {"f32": 0.9999, "bf16": 0.999, "int8": 0.98}  # the least that a vector may have with that of float32
_LOGIT = {"f32": 0.01, "bf16": 0.5}  # the most by which a score may differ; sums of logits reach 20
_PASSAGES = [
    "Unused days expire on 31 March.",
    "Lunch is served in the canteen between noon and two. " * 6,
    "The ferry Aurora carries 120 passengers and leaves the northern pier at nine in the morning.",
    "pier",
]
_QUESTIONS = ["When do unused days expire?", "pier", "How many passengers does the ferry Aurora carry in winter? " * 3]


def _settings(settings: RetrieverSettings, precision: str) -> RetrieverSettings:
    return settings.model_copy(update={"precision": precision})


def _floats(precision: str) -> str:
    """Return what is computed in where nothing is quantised."""
    return precision if precision in ("f32", "bf16") else cpu_floats()


def _vectors(encoder: OpenVinoEncoder) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return vectors of passages, and of questions one by one: a short one has a model of its own."""
    asked = np.concatenate([encoder.encode_queries([question]) for question in _QUESTIONS])
    return encoder.encode_passages(_PASSAGES), asked


def test_vectors_of_every_precision_are_near_to_those_of_float32(retriever_settings: RetrieverSettings) -> None:
    files = EncoderFiles.read(default_encoder())
    found = {name: _vectors(OpenVinoEncoder(files, _settings(retriever_settings, name))) for name in _ORDER}

    for name in _ORDER:
        passages, asked = ((own * exact).sum(axis=1) for own, exact in zip(found[name], found["f32"], strict=True))
        assert passages.min() >= _COSINE[_floats(name) if name == "auto" else name], name
        assert asked.min() >= _COSINE["int8" if name == "auto" else name], name


def test_readings_of_every_precision_are_near_to_those_of_float32(retriever_settings: RetrieverSettings) -> None:
    def logits(precision: str) -> npt.NDArray[np.float32]:
        readings = OpenVinoReader(_settings(retriever_settings, precision)).read(_QUESTIONS[0], _PASSAGES)
        return np.concatenate([np.concatenate([own.starts, own.ends, [own.nothing]]) for own in readings])

    found = {name: logits(name) for name in _ORDER}

    for name, own in found.items():
        np.testing.assert_allclose(own, found["f32"], atol=_LOGIT[_floats(name)], err_msg=name)


def test_scores_of_every_precision_are_near_to_those_of_float32(tmp_path: Path) -> None:
    folder = small_cross_encoder(tmp_path / "model")
    settings = RetrieverSettings(cache=tmp_path / "cache")
    found = {name: CrossEncoder(folder, _settings(settings, name)).scores(_QUESTIONS[0], _PASSAGES) for name in _ORDER}

    for name, own in found.items():
        np.testing.assert_allclose(own, found["f32"], atol=_LOGIT[_floats(name)], err_msg=name)


def _in_threads(calls: Sequence[Callable[[], None]], threads: int) -> None:
    """Make the calls, divided among threads that begin together; what one raises is raised."""
    barrier = threading.Barrier(threads)

    def work(number: int) -> None:
        barrier.wait()
        for call in calls[number::threads]:
            call()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, number) for number in range(threads)]:
            done.result()


def _check_calls(settings: RetrieverSettings, count: int) -> None:
    """Compare `count` calls from 8 threads, one in ten to the reader, with what float32 gives one thread."""
    files = EncoderFiles.read(default_encoder())
    exact, reading = (
        OpenVinoEncoder(files, _settings(settings, "f32")),
        OpenVinoReader(_settings(settings, "f32")),
    )
    texts = [f"{text} {number}" for number in range(3) for text in (*_QUESTIONS, *_PASSAGES[:2])]
    vectors = {text: exact.encode_passages([text])[0] for text in texts}
    nothing = [own.nothing for own in reading.read(_QUESTIONS[0], _PASSAGES)]
    encoder, reader = OpenVinoEncoder(files, settings), OpenVinoReader(settings)

    def call(number: int) -> None:
        text = texts[number % len(texts)]
        if number % 10 == 0:
            found = [own.nothing for own in reader.read(_QUESTIONS[0], _PASSAGES)]
            np.testing.assert_allclose(found, nothing, atol=_LOGIT[cpu_floats()])
        elif number % 2:
            assert encoder.encode_queries([text])[0] @ vectors[text] >= _COSINE["int8"]
        else:
            assert encoder.encode_passages([text])[0] @ vectors[text] >= _COSINE[cpu_floats()]

    _in_threads([lambda number=number: call(number) for number in range(count)], 8)  # type: ignore[misc]


def test_many_threads_get_what_float32_gives(retriever_settings: RetrieverSettings) -> None:
    _check_calls(retriever_settings, 60)


@pytest.mark.nightly
def test_ten_thousand_calls_from_eight_threads_get_what_float32_gives(retriever_settings: RetrieverSettings) -> None:
    _check_calls(retriever_settings, 10_000)
