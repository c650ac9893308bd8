"""The evidence estimate: numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from generator.choosing.choice import Asked, Choice, choose
from generator.evidence import DEFAULT_THRESHOLDS, Thresholds, Weights, estimate, features
from retriever.models.span_reader import Reading
from retriever.search.search import Hit

_NONE = dict.fromkeys(DEFAULT_THRESHOLDS.weights.by_name(), 0.0)
_SOME = {"bias": -1.0, "reading": 0.5, "coverage": 2.0, "cosine": 3.0, "typed": 0.25, "unnamed": -2.0}
_THRESHOLDS = Thresholds(evidence=0.5, weights=Weights(**{**_NONE, **_SOME}))
_WEIGHTS = {"annual": 3.0, "leav": 1.0}


def _reading(score: float) -> Reading:
    """A passage of one token whose span scores so."""
    return Reading(np.array([[0, 3]]), np.array([score], np.float32), np.zeros(1, np.float32), 0.0)


def _choice(hits: list[Hit], scores: list[float], question: str = "annual leave", **weights: float) -> Choice:
    return choose(Asked(question, weights or _WEIGHTS), hits, [_reading(score) for score in scores], None)


def test_without_passages_there_is_no_evidence() -> None:
    assert estimate(Choice(), [], _WEIGHTS, _THRESHOLDS) == 0.0


def test_the_estimate_is_the_logistic_of_the_weighted_features(hit: Callable[..., Hit]) -> None:
    hits = [hit("Annual report", cosine=0.2), hit("leaves fall", cosine=0.4)]
    choice = _choice(hits, [-1.0, 2.5], "How many annual leaves at Northgate?")

    measured = features(choice, hits, _WEIGHTS)

    assert (measured["reading"], measured["coverage"], measured["cosine"]) == (2.5, 0.75, 0.4)
    assert (measured["chinese"], measured["typed"], measured["unnamed"]) == (0.0, -1.0, 1.0)
    expected = 1 / (1 + math.exp(1.0 - 0.5 * 2.5 - 2.0 * 0.75 - 3.0 * 0.4 + 0.25 + 2.0))
    assert estimate(choice, hits, _WEIGHTS, _THRESHOLDS) == pytest.approx(expected)


def test_the_chosen_window_is_measured_apart_from_the_best_of_all(hit: Callable[..., Hit]) -> None:
    hits = [hit("Annual leave"), hit("Nothing")]
    measured = features(_choice(hits, [1.0, 3.0]), hits, _WEIGHTS)

    assert (measured["reading"], measured["window_reading"]) == (3.0, 1.0)
    assert (measured["window_coverage"], measured["window_cosine"]) == (1.0, 0.0)
    assert measured["ahead"] == pytest.approx(0.7 + 0.4 + 2.6 - 0.5 * -1 + 0.11 * (1 - 3) - 0.05 * 0.0, abs=0.03)


def test_a_chinese_question_says_so_and_its_coverage_counts_apart(hit: Callable[..., Hit]) -> None:
    weights = {"年假": 3.0, "几天": 1.0}
    hits = [hit("带薪年假")]
    measured = features(_choice(hits, [0.0], "年假几天", **weights), hits, weights)

    assert (measured["chinese"], measured["coverage"], measured["chinese_coverage"]) == (1.0, 0.75, 0.75)


def test_a_cosine_that_is_not_known_or_negative_counts_nothing(hit: Callable[..., Hit]) -> None:
    hits = [hit("abc", cosine=None), hit("bcd", cosine=-0.1)]

    assert features(_choice(hits, [0.0, 0.0]), hits, _WEIGHTS)["cosine"] == 0.0


def test_the_coverage_is_that_of_the_best_passage_and_not_of_all_together(hit: Callable[..., Hit]) -> None:
    def coverage(*texts: str) -> float:
        hits = [hit(text) for text in texts]
        return features(_choice(hits, [0.0] * len(hits)), hits, _WEIGHTS)["coverage"]

    assert coverage("annual annual", "leave") == 0.75
    assert coverage("annual leaves") == 1.0
    assert coverage("nothing") == 0.0


def test_a_question_without_words_is_covered_by_nothing(hit: Callable[..., Hit]) -> None:
    hits = [hit("annual", cosine=0.3)]

    assert features(_choice(hits, [1.0]), hits, {})["coverage"] == 0.0


@pytest.mark.parametrize(("score", "expected"), [(99.0, 20.0), (-99.0, -20.0), (3.0, 3.0)])
def test_a_score_of_the_reader_is_bounded(hit: Callable[..., Hit], score: float, expected: float) -> None:
    hits = [hit("abc")]

    assert features(_choice(hits, [score]), hits, {})["reading"] == expected


def test_a_passage_of_which_nothing_was_read_speaks_against_an_answer(hit: Callable[..., Hit]) -> None:
    empty = Reading(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, np.float32), 0.0)
    hits = [hit("a")]

    assert features(choose(Asked("a", _WEIGHTS), hits, [empty], None), hits, _WEIGHTS)["reading"] == -20.0


def test_with_the_default_thresholds_a_sure_reader_answers_and_an_unsure_one_abstains(hit: Callable[..., Hit]) -> None:
    found, lost = [hit("annual leave", cosine=0.6)], [hit("nothing", cosine=0.1)]
    limit = DEFAULT_THRESHOLDS.evidence

    assert estimate(_choice(found, [8.0]), found, _WEIGHTS, DEFAULT_THRESHOLDS) > limit
    assert estimate(_choice(lost, [-8.0]), lost, _WEIGHTS, DEFAULT_THRESHOLDS) < limit


@pytest.mark.parametrize("bias", [-1e9, 1e9])
def test_the_estimate_is_a_probability_whatever_the_weights(hit: Callable[..., Hit], bias: float) -> None:
    extreme = Thresholds(evidence=0.5, weights=_THRESHOLDS.weights.model_copy(update={"bias": bias}))
    hits = [hit("abc")]

    assert estimate(_choice(hits, [0.0]), hits, _WEIGHTS, extreme) == pytest.approx(float(bias > 0))


def test_the_default_weights_are_those_of_the_features(hit: Callable[..., Hit]) -> None:
    hits = [hit("abc")]
    measured = features(_choice(hits, [0.0]), hits, _WEIGHTS)

    assert {"bias", *measured} == set(DEFAULT_THRESHOLDS.weights.by_name())
