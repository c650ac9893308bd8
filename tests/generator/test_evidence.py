"""The evidence estimate: numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from generator.evidence import DEFAULT_THRESHOLDS, Thresholds, estimate, features
from retriever.search import Hit

_THRESHOLDS = Thresholds(evidence=0.5, with_cosine=[-1.0, 2.0, 3.0], without_cosine=[-2.0, 4.0])
_WEIGHTS = {"annual": 3.0, "leav": 1.0}


def test_without_passages_there_is_no_evidence() -> None:
    assert estimate([], _WEIGHTS, _THRESHOLDS) == 0.0


def test_with_a_cosine_the_estimate_is_the_logistic_of_both_features(hit: Callable[..., Hit]) -> None:
    hits = [hit("Annual report", cosine=0.2), hit("leaves fall", cosine=0.4)]

    assert features(hits, _WEIGHTS) == (0.75, 0.4)
    assert estimate(hits, _WEIGHTS, _THRESHOLDS) == pytest.approx(1 / (1 + math.exp(1.0 - 2.0 * 0.75 - 3.0 * 0.4)))


def test_without_a_cosine_the_estimate_is_the_logistic_of_the_coverage(hit: Callable[..., Hit]) -> None:
    hits = [hit("Leave.")]

    assert features(hits, _WEIGHTS) == (0.25, None)
    assert estimate(hits, _WEIGHTS, _THRESHOLDS) == pytest.approx(1 / (1 + math.exp(2.0 - 4.0 * 0.25)))


def test_the_coverage_is_that_of_the_best_passage_and_not_of_all_together(hit: Callable[..., Hit]) -> None:
    assert features([hit("annual annual"), hit("leave")], _WEIGHTS)[0] == 0.75
    assert features([hit("annual leaves")], _WEIGHTS)[0] == 1.0
    assert features([hit("nothing")], _WEIGHTS)[0] == 0.0


def test_a_question_without_words_is_covered_by_nothing(hit: Callable[..., Hit]) -> None:
    assert features([hit("annual", cosine=0.3)], {}) == (0.0, 0.3)


def test_the_cosine_is_the_best_of_those_known(hit: Callable[..., Hit]) -> None:
    assert features([hit("a", cosine=None), hit("b", cosine=-0.1), hit("c", cosine=-0.2)], _WEIGHTS)[1] == -0.1


def test_with_the_default_thresholds_full_coverage_answers_and_none_abstains(hit: Callable[..., Hit]) -> None:
    for cosine in (0.5, None):
        covered, uncovered = hit("annual leave", cosine=cosine), hit("nothing", cosine=cosine and 0.1)
        assert estimate([covered], _WEIGHTS, DEFAULT_THRESHOLDS) > DEFAULT_THRESHOLDS["evidence"]
        assert estimate([uncovered], _WEIGHTS, DEFAULT_THRESHOLDS) < DEFAULT_THRESHOLDS["evidence"]
