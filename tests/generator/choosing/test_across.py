"""Answers in another language than the question: the nearest window, and what that is worth as evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import HashEncoder
from small_documents import hits_of, reading_of

from generator.choosing.across import choose_across
from generator.choosing.choice import Choice
from retriever.models.encoder import Encoder, Vectors
from retriever.search.search import Hit


class _Polyglot(HashEncoder):
    """Texts that name a boiler are at a cosine of .8 to each question, others at one of .1."""

    crosses_languages = True

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        near, far = [0.8, 0.6], [0.1, math.sqrt(0.99)]
        return np.array([near if "锅炉" in text else far for text in texts], np.float32).reshape(-1, 2)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1.0, 0.0] for _ in texts], np.float32)


def _hits(*texts: str, cosines: Sequence[float]) -> list[Hit]:
    hits = [hit for place, text in enumerate(texts) for hit in hits_of(text, f"Sheet {place}", f"doc_{place}")]
    assert len(hits) == len(cosines)
    return [replace(hit, cosine=cosine) for hit, cosine in zip(hits, cosines, strict=True)]


def _across(question: str, hits: list[Hit], encoder: Encoder) -> Choice | None:
    return choose_across(question, hits, [reading_of(hit.passage.content) for hit in hits], encoder)


_ENGLISH = "The gate is red.\n"
_CHINESE = "锅炉每年清扫一次。\n\n大门是红色的。\n"


def test_the_nearest_window_in_another_language_is_chosen_and_its_lead_counts() -> None:
    choice = _across("How often is the boiler cleaned?", _hits(_ENGLISH, _CHINESE, cosines=[0.2, 0.5]), _Polyglot())

    assert choice is not None
    assert choice.best is not None
    assert [each.window.text for each in choice.ranked] == ["锅炉每年清扫一次。", "大门是红色的。"]
    assert choice.best.measures.cosine == pytest.approx(0.8)
    # -4.67 + 8.76 * 0.8 + 12.56 * (0.8 - 0.2): the other passage is at 0.2, the window's own does not count
    assert choice.across == pytest.approx(1 / (1 + math.exp(-9.874)), abs=1e-4)


def test_a_window_that_is_not_nearer_than_another_passage_is_weak_evidence() -> None:
    near = _across("How often is the boiler cleaned?", _hits(_ENGLISH, _CHINESE, cosines=[0.85, 0.5]), _Polyglot())
    far = _across("Who painted it?", _hits(_ENGLISH, "大门是红色的。\n", cosines=[0.2, 0.1]), _Polyglot())

    assert near is not None
    assert near.across == pytest.approx(1 / (1 + math.exp(-1.71)), abs=1e-4)
    assert far is not None
    assert far.across is not None
    assert far.across < 0.02


def test_windows_in_the_language_of_the_question_are_left_to_the_reader() -> None:
    assert _across("How often is the boiler cleaned?", _hits(_ENGLISH, cosines=[0.9]), _Polyglot()) is None


def test_an_encoder_of_one_language_is_no_judge_of_another() -> None:
    hits = _hits(_ENGLISH, _CHINESE, cosines=[0.2, 0.5])

    assert _across("How often is the boiler cleaned?", hits, HashEncoder()) is None
