"""Leaks: what was measured had been seen before, by an adapter in training or by a release in calibration.

Questions are compared by the fingerprints of the store, which outlive a deleted document. Two are nearly the same if
they share most of the weight of their words: rare words weigh much, words that only say how something is asked weigh
little. "What are the symptoms of X?" and "... of Y?" are two questions, since the words that differ are the rare ones.
So are "... of X?" and "... of adult X?" if neither answer nor document agrees: then only frame words may differ.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from eval.arms import ArmSetup
from eval.questions import EvalQuestion
from generator.shots import SPLIT
from retriever.text.function_words import FUNCTION_WORDS
from store.calibrations import calibrated_on
from store.datasets import Dataset, get_dataset, list_examples
from store.errors import NotFoundError
from store.fingerprints import Fingerprint, fingerprint_salt, hash_words
from store.models import get_model, learned_documents, learned_questions
from store.store import Store

# Thresholds on the share of the words' weight, measured on the questions of public collections that were split by
# document: false alarms of at most .02, and small edits of a question are found.
_NEARLY = 0.8
_ONE_ADDED = 0.5  # one of two with the same answer or document only adds words
_FRAME_WEIGHT = 0.1
_FRAME = """
please tell know say explain give want need like question just also exactly really actually currently today now
 的 了 吗 呢 么 什 几 多 少 哪 谁 怎 是 在 有 和 与 及 或 请 问 可 以 能 会 要 被 将 为 于 其 该 我 你 想 知 道 一 下
"""


@dataclass(frozen=True)
class Asked:
    """A question by its fingerprint, the ids of its documents, and how a leak names it."""

    name: str
    fingerprint: Fingerprint
    documents: frozenset[str] = frozenset()


class Twins:
    """Finds among known questions one that is nearly the same as a given one."""

    def __init__(self, known: Sequence[Asked], others: Sequence[Asked], salt: bytes) -> None:
        self._known = known
        self._frame = {each for word in (*FUNCTION_WORDS, *_FRAME.split()) for each in hash_words(salt, word)}
        pool = [*known, *others]
        counts = Counter(word for each in pool for word in each.fingerprint.words)
        self._weights = {word: self._weigh(word, count, len(pool)) for word, count in counts.items()}
        self._holding: dict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(known):
            for word in self._telling(each.fingerprint.words):
                self._holding[word].append(place)

    def of(self, asked: Asked) -> Asked | None:
        """Return the first known question that is nearly the same."""
        shared: dict[int, float] = defaultdict(float)
        telling = self._telling(asked.fingerprint.words)
        for word in telling:
            for place in self._holding.get(word, ()):
                shared[place] += self._weights[word]
        enough = 0.4 * self._sum(telling)  # below it neither threshold can be met
        for place in sorted(shared):
            if shared[place] >= enough and self._same(asked, self._known[place]):
                return self._known[place]
        return None

    def _same(self, one: Asked, other: Asked) -> bool:
        mine, theirs = one.fingerprint.words, other.fingerprint.words
        share = self._sum(mine & theirs) / self._sum(mine | theirs)
        added, left_out = self._content(mine - theirs), self._content(theirs - mine)
        answers = (one.fingerprint.answers, other.fingerprint.answers)
        agree = bool(answers[0] & answers[1]) or not any(answers) or bool(one.documents & other.documents)
        if agree:
            return share >= (_NEARLY if added and left_out else _ONE_ADDED)
        return share >= _NEARLY and not added and not left_out

    def _telling(self, words: frozenset[int]) -> set[int] | frozenset[int]:
        return self._content(words) or words

    def _content(self, words: frozenset[int]) -> set[int]:
        return {word for word in words if word not in self._frame}

    def _sum(self, words: set[int] | frozenset[int]) -> float:
        return sum(self._weights[word] for word in words)

    def _weigh(self, word: int, count: int, questions: int) -> float:
        return math.log(1 + questions / (count + 0.5)) * (_FRAME_WEIGHT if word in self._frame else 1.0)


def find_leaks(
    store: Store, dataset: Dataset, questions: Sequence[EvalQuestion], arms: Sequence[ArmSetup]
) -> list[str]:
    """Return a sentence for each question that was seen: nearly the same words, or a document that was learned from.

    What counts is what the models of the arms really learned from, whatever became of their data sets and documents,
    what the evidence weights of the arms were fitted to, and the train split of the data set that is measured on.
    """
    salt = fingerprint_salt(store)
    asked = [_asked(salt, question) for question in questions]
    leaks: list[str] = []
    known: list[Asked] = []
    learned: dict[str, str] = {}
    for model in sorted({model for arm in arms for model in arm.manifest.models.values()}):
        learned |= dict.fromkeys(learned_documents(store, model), model)
        seen = learned_questions(store, model) or _still_there(store, dataset.domain_id, model)
        if seen is None:
            leaks.append(f"{model} learned from a data set that was deleted: what it has seen is not known")
        known += [Asked(f"asks what {model} learned from {name}", fingerprint) for name, fingerprint in seen or []]
    known += _shown(store, arms)
    leaks += _calibrated(store, dataset.domain_id, questions, asked, arms)
    twins, blank = _train_split(store, dataset)
    leaks += blank
    learned_twins, split_twins = Twins(known, asked, salt), Twins(twins, asked, salt)
    own = {twin.name for twin in twins} & {question.key for question in questions}
    for question, mine in zip(questions, asked, strict=True):
        taught, twin = learned_twins.of(mine), split_twins.of(mine) if question.key not in own else None
        if taught is not None:
            leaks.append(f"{question.key} {taught.name}")
        elif twin is not None:
            leaks.append(f"{question.key} asks the same as the training example {twin.name}")
        found = [document for document in question.documents if document in learned]
        leaks += [f"{question.key} is about {document}, which {learned[document]} learned from" for document in found]
    return leaks


def question_numbers(store: Store, questions: Sequence[EvalQuestion]) -> list[int]:
    """Return the numbers of the questions' fingerprints, in order: equal for equal questions of this data folder."""
    salt = fingerprint_salt(store)
    return [_asked(salt, question).fingerprint.number for question in questions]


def _calibrated(
    store: Store, domain_id: str, questions: Sequence[EvalQuestion], asked: Sequence[Asked], arms: Sequence[ArmSetup]
) -> list[str]:
    """Return a sentence for each question that the evidence weights of an arm were fitted to, or to its document."""
    seen_questions: set[int] = set()
    seen_documents: set[str] = set()
    noted = [weights for arm in arms for weights in arm.manifest.thresholds.weights.recorded_as()]
    for weights in noted:
        seen = calibrated_on(store, domain_id, weights)
        seen_questions |= seen.questions
        seen_documents |= seen.documents
    leaks = []
    for question, mine in zip(questions, asked, strict=True):
        documents = [each for each in question.documents if each in seen_documents]
        if mine.fingerprint.number in seen_questions:
            leaks.append(f"{question.key} is one of the questions that the evidence was calibrated on")
        elif documents:
            leaks.append(f"{question.key} is about {documents[0]}, which the evidence was calibrated on")
    return leaks


def _asked(salt: bytes, question: EvalQuestion) -> Asked:
    fingerprint = Fingerprint.of(salt, question.question, question.answers)
    return Asked(question.key, fingerprint, frozenset(question.documents))


def _still_there(store: Store, domain_id: str, adapter: str) -> list[tuple[str, Fingerprint]] | None:
    """Return what the data set asks that an adapter without questions of its own names; None if that is gone."""
    source = get_model(store, adapter).lineage.dataset
    if source is None:
        return None
    try:
        dataset = get_dataset(store, domain_id, source.id)
    except NotFoundError:
        return None
    mine = [each for each in list_examples(store, dataset.id) if each.split == source.split]
    if any(each.flag == "tainted" and each.fingerprint is None for each in mine):
        return None
    return [(f"{dataset.name} {each.key}", each.fingerprint) for each in mine if each.fingerprint]


def _shown(store: Store, arms: Sequence[ArmSetup]) -> list[Asked]:
    """Return the questions that an arm may show as examples."""
    banks = {arm.manifest.shots.dataset for arm in arms if arm.manifest.shots.count and arm.manifest.shots.dataset}
    return [
        Asked(f"asks what may be shown as the example {example.key}", example.fingerprint)
        for bank in sorted(banks)
        for example in list_examples(store, bank)
        if example.split == SPLIT and example.fingerprint is not None
    ]


def _train_split(store: Store, dataset: Dataset) -> tuple[list[Asked], list[str]]:
    """Return the questions of the train split, and a sentence for each that nothing is known of."""
    known, blank = [], []
    for example in list_examples(store, dataset.id):
        if example.split == "train" and example.fingerprint is not None:
            known.append(Asked(example.key, example.fingerprint, frozenset(example.documents)))
        elif example.split == "train" and example.flag == "tainted":
            blank.append(f"the training example {example.key} was deleted: what it asked is not known")
    return known, blank
