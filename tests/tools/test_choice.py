"""Fitting the weights of choosing and of evidence: cases made by hand, of which it is known what decides."""

from __future__ import annotations

import random
from pathlib import Path

from generator.choosing.choice import WEIGHTS
from generator.evidence import DEFAULT_THRESHOLDS
from tools.choice.cases import Case, read_cases, write_cases
from tools.choice.fit import FIXED, fit_choice, fit_evidence, held_out, judge

_PASSAGES = {name: 0.0 for name in DEFAULT_THRESHOLDS.weights.by_name() if name != "bias"}


def _window(**measures: float) -> dict[str, float]:
    return dict.fromkeys(WEIGHTS, 0.0) | measures


def _cases(count: int = 40) -> list[Case]:
    """Return cases whose right window has the higher cosine, and that are right where the reader is sure."""
    chance = random.Random(3)
    found = []
    for number in range(count):
        sure = number % 2 == 0
        reading = chance.uniform(2, 8) if sure else chance.uniform(-8, -2)
        windows = [_window(cosine=0.8, reading=reading), _window(cosine=0.3, reading=reading + 1)]
        passages = _PASSAGES | {"reading": reading}
        found.append(Case("made", f"doc{number}", sure, windows, [sure, False], passages))
    return found


def test_what_decides_gets_the_weight_and_rules_keep_theirs() -> None:
    cases = _cases()
    weights = fit_choice(cases, {id(case): 1.0 for case in cases})

    assert weights["cosine"] > 0
    assert {name: weights[name] for name in FIXED} == FIXED
    assert all(judge(case, weights).features["window_cosine"] == 0.8 for case in cases)


def test_evidence_follows_what_tells_right_choices_apart() -> None:
    cases = _cases()
    shares = {id(case): 1.0 for case in cases}
    judged = [judge(case, WEIGHTS) for case in cases]
    weights = fit_evidence(judged, shares)

    assert weights["reading"] > 0
    assert weights["coverage"] == 0  # it is the same everywhere
    estimates = [(each.estimate, each.right) for each in held_out(cases, shares)]
    assert min(value for value, right in estimates if right) > max(value for value, right in estimates if not right)


def test_a_case_without_windows_is_wrong() -> None:
    case = Case("made", "doc", answerable=True, windows=[], right=[], passages=dict(_PASSAGES))

    assert not judge(case, WEIGHTS).right


def test_cases_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"

    assert write_cases(path, iter(_cases(3))) == 3
    assert write_cases(path, iter(_cases(2))) == 2
    assert read_cases(path) == [*_cases(3), *_cases(2)]
