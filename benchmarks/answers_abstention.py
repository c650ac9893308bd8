"""Judging the decision to answer: how well the evidence orders questions, and what deciding by it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.answers_metrics import Array, risk_coverage, utilities
from eval.calibration import auroc
from eval.significance import bootstrap_mean

POLICIES = ("extractive", "always answer", "always abstain")
COSTS = {"score": 0.0, "worth": 1.0}  # what a wrong answer costs; without a cost it is the score of SQuAD 2.0
RESAMPLES = 2000
SEED = 7


@dataclass(frozen=True)
class Trial:
    """A question put to the product: its evidence, whether its answer is right, whether there is one to find."""

    evidence: float
    right: float
    answerable: float
    cluster: str


def abstention(trials: Sequence[Trial], tuning: Sequence[Trial]) -> dict[str, Any]:
    """Return how well evidence tells answerable from unanswerable questions, and what deciding by it is worth.

    Thresholds are those that are best on the trials `tuning`, one for each cost of a wrong answer.
    """
    scores, right, answerable = arrays(trials)
    clusters = [trial.cluster for trial in trials]
    constant = np.zeros_like(scores)
    found: dict[str, Any] = {
        "AUROC": resampled(lambda rows: auroc(scores[rows], answerable[rows] == 1), clusters),
        "AURC": resampled(lambda rows: risk_coverage(scores[rows], right[rows])[1], clusters),
        "AURC constant": resampled(lambda rows: risk_coverage(constant[rows], right[rows])[1], clusters),
        "AURC constant - AURC": resampled(
            lambda rows: risk_coverage(constant[rows], right[rows])[1] - risk_coverage(scores[rows], right[rows])[1],
            clusters,
        ),
        "risk": risk_coverage(scores, right)[0],
    }
    for name, cost in COSTS.items():
        threshold = best_threshold(tuning, cost)
        speaks = (scores >= threshold).astype(np.float64)
        decisions = dict(zip(POLICIES, (speaks, np.ones_like(speaks), constant), strict=True))
        values = {policy: utilities(decisions[policy], right, answerable, cost) for policy in POLICIES}
        for other in POLICIES[1:]:
            values[f"extractive - {other}"] = values["extractive"] - values[other]
        found[name] = {
            "threshold": threshold,
            "answered of answerable": float(speaks[answerable == 1].mean()),
            "abstained of unanswerable": float(1 - speaks[answerable == 0].mean()),
        }
        for key, each in values.items():
            bounds = (-1 - cost, 1 + cost) if " - " in key else (-cost, 1.0)
            found[name][key] = asdict(bootstrap_mean(each.tolist(), clusters, RESAMPLES, SEED, bounds))
    return found


def best_threshold(trials: Sequence[Trial], cost: float) -> float:
    """Return the threshold under which deciding by the evidence is worth most, halfway between two evidences.

    Of equally good ones the one nearest to a half; a half without trials.
    """
    if not trials:
        return 0.5
    scores, right, answerable = arrays(trials)
    places = np.unique(np.concatenate([[0.0, 1.0], scores]))
    thresholds = np.concatenate([[0.0, 1.01], (places[1:] + places[:-1]) / 2])
    worth = [utilities((scores >= each).astype(float), right, answerable, cost).mean() for each in thresholds]
    best = thresholds[np.isclose(worth, max(worth))]
    return float(best[np.argmin(np.abs(best - 0.5))])


def resampled(statistic: Callable[[Any], float], clusters: Sequence[str]) -> dict[str, float]:
    """Return a statistic of rows with the ends of its 95 % percentile interval; whole clusters are drawn."""
    names = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    groups = np.array([names[name] for name in clusters])
    members = [np.flatnonzero(groups == place) for place in range(len(names))]
    generator = np.random.default_rng(SEED)
    values = []
    for _ in range(RESAMPLES // 2):
        drawn = generator.integers(0, len(members), size=len(members))
        values.append(statistic(np.concatenate([members[place] for place in drawn])))
    low, high = np.nanquantile(values, [0.025, 0.975])  # a draw without one kind of question has no AUROC
    return {"mean": statistic(np.arange(len(groups))), "low": float(low), "high": float(high)}


def arrays(trials: Sequence[Trial]) -> tuple[Array, Array, Array]:
    """Return evidence, rightness and answerability of the trials."""
    rows = np.array([(trial.evidence, trial.right, trial.answerable) for trial in trials], dtype=np.float64)
    scores, right, answerable = rows.T
    return scores, right, answerable
