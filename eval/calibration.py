"""Calibrating a release on a data set: the weight of the dense side, and what tells answerable questions from others.

For the evidence, each question is put twice: to the domain as it is, and to what is left of its hits when every
document that holds an answer is taken away, which is how a question looks that the documents do not answer. A logistic
regression with a Gaussian prior around the weights of the release (Bishop 2006, 4.3) is fitted to that; few questions
change little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eval.leaks import question_numbers
from eval.metrics.recall import answer_recall
from eval.questions import EvalQuestion, grouped
from generator.answering import Pinned
from generator.engine import Engine
from generator.evidence import Thresholds, Weights, features
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Hit, Request, Result
from store.calibrations import Seen
from store.datasets import get_dataset, usable_examples
from store.errors import UnprocessableError
from store.store import Store

_SHOWN = 10
_WIDE = 30  # hits that stand in for the domain when documents are taken away
_PRIOR = 0.02  # precision of the prior, per unit of total sample weight
_FEWEST = 10  # samples of each kind
_MOST = 300  # questions
_FOLDS = 5
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The features of a question with some hits, and whether these hits hold an answer; `cluster` is its document."""

    measured: dict[str, float]
    answerable: bool
    cluster: str = ""


@dataclass(frozen=True)
class Calibration:
    """Fitted thresholds, and how well such a fit tells samples apart: AUROC, and both kinds of right decisions, 0 to 1.

    These are cross-validated by document: each sample is judged by a fit that saw none of its document.
    """

    thresholds: Thresholds
    samples: int
    auroc: float
    answered: float
    abstained: float


def samples(engine: Engine, pinned: Pinned, questions: Sequence[EvalQuestion]) -> Iterator[Sample]:
    """Yield one or two samples for each question that has an answer."""
    size = pinned.manifest.retrieval.passages
    for question in questions:
        if not question.answers:
            continue
        found = engine.retriever.search(
            pinned.domain_id, pinned.manifest.search_plan, Request(question.question, _WIDE)
        )
        holding = {hit.passage.document_id for hit in found.hits if _holds(hit, question)} | set(question.documents)
        left = [hit for hit in found.hits if not holding & {hit.passage.document_id, *hit.also_in}]

        top = found.hits[:size]
        if any(_holds(hit, question) for hit in top):
            measured = _features(engine, pinned, question, replace(found, hits=top))
            yield Sample(measured, answerable=True, cluster=question.cluster)
        if left:
            measured = _features(engine, pinned, question, replace(found, hits=left[:size]))
            yield Sample(measured, answerable=False, cluster=question.cluster)


def fit(groups: Mapping[str, Sequence[Sample]], start: Mapping[str, float], prior: float = _PRIOR) -> dict[str, float]:
    """Return the weights of the logistic, every group counting the same, drawn towards `start`."""
    names = list(start)
    matrix = np.array([[1.0 if n == "bias" else s.measured[n] for n in names] for g in groups.values() for s in g])
    labels = np.array([float(s.answerable) for g in groups.values() for s in g])
    share = np.concatenate([_balanced(group) for group in groups.values()])
    centre = np.array([start[name] for name in names])
    weights = centre.copy()
    for _ in range(50):  # Newton's method; it converges in about ten steps
        guess = 1 / (1 + np.exp(-np.clip(matrix @ weights, -50, 50)))
        slope = matrix.T @ (share * (guess - labels)) + prior * (weights - centre)
        curve = (matrix * (share * guess * (1 - guess))[:, None]).T @ matrix + prior * np.eye(len(names))
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def estimates(group: Sequence[Sample], weights: Mapping[str, float]) -> Array:
    """Return the estimated probability for each sample."""
    sums = [weights["bias"] + sum(weights[n] * value for n, value in s.measured.items()) for s in group]
    return np.asarray(1 / (1 + np.exp(-np.clip(np.array(sums), -50, 50))))


def held_out_estimates(group: Sequence[Sample], start: Mapping[str, float]) -> Array:
    """Return the estimate for each sample by a fit to the samples of other documents, in five folds."""
    clusters = list(dict.fromkeys(sample.cluster for sample in group))
    fold = {cluster: place % _FOLDS for place, cluster in enumerate(clusters)}
    found = np.zeros(len(group))
    for number in range(min(_FOLDS, len(clusters))):
        held = [place for place, sample in enumerate(group) if fold[sample.cluster] == number]
        others = [sample for sample in group if fold[sample.cluster] != number]
        weights = fit({"others": others}, start) if others else dict(start)
        found[held] = estimates([group[place] for place in held], weights)
    return found


def auroc(scores: Array, labels: npt.NDArray[np.bool_]) -> float:
    """Return the probability that an answerable sample scores above an unanswerable one; ties count half."""
    positive, negative = scores[labels][:, None], scores[~labels][None, :]
    return float(((positive > negative) + 0.5 * (positive == negative)).mean())


def fit_dense_weight(
    engine: Engine, pinned: Pinned, questions: Sequence[EvalQuestion], done: Callable[[], None] = lambda: None
) -> float:
    """Return the weight of the dense side under which the questions find their documents best.

    Judged by the reciprocal rank of the first gold document among ten hits. Of all weights within one standard error
    (of the paired difference; Breiman et al. 1984, 3.4.3) of the best, it is the one nearest to the release's own;
    that one if no question names a document, or if the release does not fuse scores.
    """
    plan = pinned.manifest.search_plan
    retrieval = plan.retrieval
    own = retrieval.dense_weight
    named = [question for question in questions if question.documents]
    if not named or retrieval.mode != "hybrid" or retrieval.fusion != "convex":
        return own
    weights = sorted({own, *(round(0.1 * step, 1) for step in range(11))})
    ranks = np.zeros((len(weights), len(named)))
    for column, question in enumerate(named):
        for row, weight in enumerate(weights):
            weighed = replace(plan, retrieval=retrieval.model_copy(update={"dense_weight": weight}))
            ranks[row, column] = _reciprocal_rank(engine, pinned.domain_id, weighed, question)
        done()
    best = int(ranks.mean(axis=1).argmax())
    losses = ranks[best] - ranks
    within = losses.mean(axis=1) <= losses.std(axis=1) / np.sqrt(len(named))
    return min((weight for weight, good in zip(weights, within, strict=True) if good), key=lambda w: (abs(w - own), w))


def _reciprocal_rank(engine: Engine, domain_id: str, plan: SearchPlan, question: EvalQuestion) -> float:
    request = Request(question.question, _SHOWN, rerank=False)
    hits = engine.retriever.search(domain_id, plan, request).hits
    gold = set(question.documents)
    found = [rank for rank, hit in enumerate(hits, start=1) if gold & {hit.passage.document_id, *hit.also_in}]
    return 1.0 / found[0] if found else 0.0


def calibration_questions(store: Store, domain_id: str, dataset_id: str) -> list[EvalQuestion]:
    """Return up to 300 questions of a data set's dev split, or of its train split if it has none; never of test."""
    dataset = get_dataset(store, domain_id, dataset_id)
    split = "dev" if dataset.splits.get("dev") else "train"
    found = [EvalQuestion.from_example(example) for example in usable_examples(store, dataset.id, split)[:_MOST]]
    return grouped(found, question_numbers(store, found))


def seen_in(store: Store, questions: Sequence[EvalQuestion]) -> Seen:
    """Return what a calibration on these questions has seen, to be recorded with its weights."""
    documents = {document for question in questions for document in question.documents}
    return Seen(frozenset(question_numbers(store, questions)), frozenset(documents))


def calibrate(
    engine: Engine, pinned: Pinned, questions: Sequence[EvalQuestion], done: Callable[[], None] = lambda: None
) -> Calibration:
    """Return thresholds for a release from the questions of a split that is not its test split."""
    found: list[Sample] = []
    for sample in samples(engine, pinned, questions):
        found.append(sample)
        done()
    labels = np.array([sample.answerable for sample in found], dtype=bool)
    if min(labels.sum(), (~labels).sum()) < _FEWEST:
        raise UnprocessableError(
            f"Calibrating needs {_FEWEST} answerable and {_FEWEST} unanswerable questions; the data set gives "
            f"{int(labels.sum())} and {int((~labels).sum())}. Add questions with answers.",
            code="too_few_examples",
        )
    now = pinned.manifest.thresholds
    start = now.weights.by_name()
    weights = fit({"all": found}, start)
    scores = held_out_estimates(found, start)
    threshold = now.evidence
    return Calibration(
        Thresholds(evidence=threshold, weights=Weights(**weights)),
        len(found),
        auroc(scores, labels),
        float((scores[labels] >= threshold).mean()),
        float((scores[~labels] < threshold).mean()),
    )


def _features(engine: Engine, pinned: Pinned, question: EvalQuestion, found: Result) -> dict[str, float]:
    choice = engine.answerer.choose(pinned.manifest, question.question, found)
    return features(choice, found.hits, found.term_weights)


def _balanced(group: Sequence[Sample]) -> Array:
    """Return a share for each sample such that both kinds weigh a half, and the group one."""
    labels = np.array([sample.answerable for sample in group])
    counts = {True: max(1, int(labels.sum())), False: max(1, int((~labels).sum()))}
    return np.array([0.5 / counts[bool(label)] for label in labels])


def _holds(hit: Hit, question: EvalQuestion) -> bool:
    return answer_recall(hit.passage.text, question.answers, question.language) == 1.0
