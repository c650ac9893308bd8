"""Fit the weights of choosing and of evidence: `python -m tools.choice.fit FILE...` (as tools.choice.collect wrote).

Choosing: a softmax over the windows of a question, its loss the negative logarithm of what the right ones get together.
Evidence: a logistic regression of "the chosen window is right". Every set weighs the same in both, figures are
cross-validated in seven folds by document.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from eval.calibration import auroc
from generator.choosing.choice import WEIGHTS
from generator.evidence import DEFAULT_THRESHOLDS
from tools.choice.cases import Case, read_cases

Array = npt.NDArray[np.float64]
FIXED = {
    name: WEIGHTS[name] for name in ("outdated", "other", "unnamed", "new", "earlier")
}  # rules: too few are about them
_FOLDS = 7
_FAR = 4.0
_CHOICE_PRIOR, _EVIDENCE_PRIOR = 0.01, 0.003


@dataclass(frozen=True)
class Judged:
    """A case with the features of what was chosen, whether that is right, and the estimate by a fit without it."""

    case: Case
    features: dict[str, float]
    right: bool
    estimate: float = 0.0


def main() -> None:
    """Print the figures, cross-validated, and the weights of a fit to all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--handbook-weight", type=float, default=3.0, help="how much that set weighs among the others")
    options = parser.parse_args()
    cases = [case for path in options.files for case in read_cases(path)]
    shares = _shares(cases, options.handbook_weight)
    report(held_out(cases, shares))
    weights = fit_choice(cases, shares)
    judged = _judged(cases, weights)
    print("choice:", {name: round(value, 2) for name, value in weights.items()})
    print("evidence:", {name: round(value, 3) for name, value in fit_evidence(judged, shares).items()})


def _shares(cases: Sequence[Case], handbook: float) -> dict[int, float]:
    counts: dict[str, int] = defaultdict(int)
    for case in cases:
        counts[case.source] += 1
    return {id(case): (handbook if case.source == "handbook" else 1.0) / counts[case.source] for case in cases}


def held_out(cases: Sequence[Case], shares: Mapping[int, float]) -> list[Judged]:
    """Return every case judged by weights that saw none of its document."""
    clusters = sorted({case.cluster for case in cases})
    fold = {cluster: number % _FOLDS for number, cluster in enumerate(clusters)}
    found: list[Judged] = []
    for number in range(_FOLDS):
        own = [case for case in cases if fold[case.cluster] == number]
        others = [case for case in cases if fold[case.cluster] != number]
        weights = fit_choice(others, shares)
        evidence = fit_evidence(_judged(others, weights), shares)
        found += [replace(each, estimate=_logistic(each.features, evidence)) for each in _judged(own, weights)]
    return found


def _judged(cases: Sequence[Case], weights: Mapping[str, float]) -> list[Judged]:
    return [judge(case, weights) for case in cases]


def judge(case: Case, weights: Mapping[str, float]) -> Judged:
    """Return what these weights choose in a case."""
    if not case.windows:
        return Judged(case, case.passages, right=False)
    scores = [sum(weights[name] * value for name, value in window.items()) for window in case.windows]
    best, *rest = sorted(range(len(scores)), key=lambda place: -scores[place])
    window = case.windows[best]
    chosen = {
        "window_reading": window["reading"],
        "window_coverage": window["around"],
        "window_cosine": window["cosine"],
        "chinese_cosine": case.passages["chinese"] * window["cosine"],
        "typed": window["typed"],
        "ahead": min(_FAR, scores[best] - scores[rest[0]]) if rest else 0.0,
    }
    return Judged(case, {**case.passages, **chosen}, case.right[best])


def fit_choice(cases: Sequence[Case], shares: Mapping[int, float]) -> dict[str, float]:
    """Return the weight of each measure; those of rules stay."""
    usable = [case for case in cases if any(case.right)]
    names = [name for name in WEIGHTS if name not in FIXED]
    rows = [torch.tensor([[window[name] for name in names] for window in case.windows]) for case in usable]
    fixed = [
        torch.tensor([sum(FIXED[name] * window[name] for name in FIXED) for window in case.windows]) for case in usable
    ]
    right = [torch.tensor(case.right) for case in usable]
    scale = torch.cat(rows).std(dim=0) + 1e-6
    total = sum(shares[id(case)] for case in usable)
    weights = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = _CHOICE_PRIOR * (weights @ weights)
        for case, own, add, good in zip(usable, rows, fixed, right, strict=True):
            likelihood = torch.log_softmax((own / scale) @ weights + add, dim=0)
            value = value - shares[id(case)] / total * likelihood[good].logsumexp(dim=0)
        value.backward()
        return value

    optimizer.step(loss)
    fitted = (weights.detach() / scale).tolist()
    return {**dict(zip(names, fitted, strict=True)), **FIXED}


def fit_evidence(judged: Sequence[Judged], shares: Mapping[int, float]) -> dict[str, float]:
    """Return the weights of the logistic for "the chosen window is right"."""
    names = [name for name in DEFAULT_THRESHOLDS.weights.by_name() if name != "bias"]
    rows = torch.tensor([[each.features[name] for name in names] for each in judged])
    labels = torch.tensor([float(each.right) for each in judged])
    share = torch.tensor([shares[id(each.case)] for each in judged])
    mean, scale = rows.mean(dim=0), rows.std(dim=0) + 1e-6
    weights = torch.zeros(len(names) + 1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = (rows - mean) / scale @ weights[1:] + weights[0]
        each = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        value = (each * share).sum() / share.sum() + _EVIDENCE_PRIOR * (weights[1:] @ weights[1:])
        value.backward()
        return value

    optimizer.step(loss)
    fitted = weights.detach()
    slopes = fitted[1:] / scale
    return {"bias": float(fitted[0] - slopes @ mean), **dict(zip(names, slopes.tolist(), strict=True))}


def report(judged: Sequence[Judged]) -> None:
    """Print, per set, how often the choice is right and what thresholds would do."""
    for source in dict.fromkeys(each.case.source for each in judged):
        own = [each for each in judged if each.case.source == source]
        scores = np.array([each.estimate for each in own])
        right = np.array([each.right for each in own])
        answerable = np.array([each.case.answerable for each in own])
        print(
            f"{source}: {len(own)} cases, right {right[answerable].mean():.3f}, "
            f"AUROC of right {auroc(scores, right):.3f}, of answerable {auroc(scores, answerable):.3f}, "
            f"ECE {_ece(scores, right):.3f}"
        )
        for limit in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
            told = scores >= limit
            print(
                f"  {limit:.2f}: right {(right & told)[answerable].mean():.2f}, "
                f"wrong {(~right & told)[answerable].mean():.2f}, withheld {(~told)[answerable].mean():.2f}, "
                f"abstained {(~told)[~answerable].mean():.2f}, wrong above .8 {(~right & (scores > 0.8)).mean():.3f}"
            )


def _ece(scores: Array, right: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error in ten bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(
        sum(
            (bins == number).mean() * abs(scores[bins == number].mean() - right[bins == number].mean())
            for number in range(10)
            if (bins == number).any()
        )
    )


def _logistic(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    value = weights["bias"] + sum(weights[name] * feature for name, feature in features.items())
    return float(1 / (1 + np.exp(-np.clip(value, -50, 50))))


if __name__ == "__main__":
    main()
