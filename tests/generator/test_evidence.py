"""The evidence estimate: numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from generator.evidence import DEFAULT_THRESHOLDS, Thresholds, Weights, estimate, features
from retriever.models.span_reader import Reading
from retriever.search.search import Hit

_NO_CHINESE = {"chinese": 0.0, "chinese_coverage": 0.0}
_THRESHOLDS = Thresholds(evidence=0.5, weights=Weights(bias=-1.0, reading=0.5, coverage=2.0, cosine=3.0, **_NO_CHINESE))
_WEIGHTS = {"annual": 3.0, "leav": 1.0}


def _reading(score: float) -> Reading:
    """A passage of one token whose span scores so."""
    return Reading(np.array([[0, 3]]), np.array([score], np.float32), np.zeros(1, np.float32), 0.0)


def test_without_passages_there_is_no_evidence() -> None:
    assert estimate([], [], _WEIGHTS, _THRESHOLDS) == 0.0


def test_the_estimate_is_the_logistic_of_the_weighted_features(hit: Callable[..., Hit]) -> None:
    hits = [hit("Annual report", cosine=0.2), hit("leaves fall", cosine=0.4)]
    readings = [_reading(-1.0), _reading(2.5)]

    assert features(hits, readings, _WEIGHTS) == {
        "reading": 2.5,
        "coverage": 0.75,
        "cosine": 0.4,
        **_NO_CHINESE,
    }
    expected = 1 / (1 + math.exp(1.0 - 0.5 * 2.5 - 2.0 * 0.75 - 3.0 * 0.4))
    assert estimate(hits, readings, _WEIGHTS, _THRESHOLDS) == pytest.approx(expected)


def test_a_chinese_question_says_so_and_its_coverage_counts_apart(hit: Callable[..., Hit]) -> None:
    measured = features([hit("带薪年假")], [_reading(0.0)], {"年假": 3.0, "几天": 1.0})

    assert (measured["chinese"], measured["coverage"], measured["chinese_coverage"]) == (1.0, 0.75, 0.75)


def test_a_cosine_that_is_not_known_or_negative_counts_nothing(hit: Callable[..., Hit]) -> None:
    hits = [hit("a", cosine=None), hit("b", cosine=-0.1)]

    assert features(hits, [_reading(0.0)] * 2, _WEIGHTS)["cosine"] == 0.0


def test_the_coverage_is_that_of_the_best_passage_and_not_of_all_together(hit: Callable[..., Hit]) -> None:
    def coverage(*texts: str) -> float:
        return features([hit(text) for text in texts], [_reading(0.0)] * len(texts), _WEIGHTS)["coverage"]

    assert coverage("annual annual", "leave") == 0.75
    assert coverage("annual leaves") == 1.0
    assert coverage("nothing") == 0.0


def test_a_question_without_words_is_covered_by_nothing(hit: Callable[..., Hit]) -> None:
    assert features([hit("annual", cosine=0.3)], [_reading(1.0)], {})["coverage"] == 0.0


@pytest.mark.parametrize(("score", "expected"), [(99.0, 20.0), (-99.0, -20.0), (3.0, 3.0)])
def test_a_score_of_the_reader_is_bounded(hit: Callable[..., Hit], score: float, expected: float) -> None:
    assert features([hit("a")], [_reading(score)], {})["reading"] == expected


def test_a_passage_of_which_nothing_was_read_speaks_against_an_answer(hit: Callable[..., Hit]) -> None:
    empty = Reading(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, np.float32), 0.0)

    assert features([hit("a")], [empty], _WEIGHTS)["reading"] == -20.0


def test_with_the_default_thresholds_a_sure_reader_answers_and_an_unsure_one_abstains(hit: Callable[..., Hit]) -> None:
    found, lost = hit("annual leave", cosine=0.6), hit("nothing", cosine=0.1)

    assert estimate([found], [_reading(8.0)], _WEIGHTS, DEFAULT_THRESHOLDS) > DEFAULT_THRESHOLDS.evidence
    assert estimate([lost], [_reading(-8.0)], _WEIGHTS, DEFAULT_THRESHOLDS) < DEFAULT_THRESHOLDS.evidence


@pytest.mark.parametrize("bias", [-1e9, 1e9])
def test_the_estimate_is_a_probability_whatever_the_weights(hit: Callable[..., Hit], bias: float) -> None:
    extreme = Thresholds(evidence=0.5, weights=_THRESHOLDS.weights.model_copy(update={"bias": bias}))

    assert estimate([hit("a")], [_reading(0.0)], _WEIGHTS, extreme) == pytest.approx(float(bias > 0))


def test_the_default_weights_are_those_of_the_features(hit: Callable[..., Hit]) -> None:
    assert {"bias", *features([hit("a")], [_reading(0.0)], _WEIGHTS)} == set(DEFAULT_THRESHOLDS.weights.by_name())
