"""Paraphrases and answers that were seen: what a list of hashed words cannot tell, while the texts are still there.

A question is a paraphrase of a known one if both have the same gold answer and their embeddings are near, or the same
document and their embeddings are very near: about one document many different things are asked in nearly the same
words. A whole answer of some length that stands in a text to learn is a leak whatever is asked there. An answer that is
given about several documents ("It is inherited in an autosomal dominant pattern.") tells nothing of one question.

The thresholds are measured by `tools/leaks`, with the default encoder.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retriever.models.encoder import Vectors
from store.examples import Content, PreferenceContent, TextContent

SAME_ANSWER = 0.6  # cosine from which questions with the same answer ask the same
SAME_DOCUMENT = 0.95  # and those about the same document, whose answers do not agree
_QUOTED = 8  # words of an answer, or signs of Chinese, from which it stands nowhere by chance
_COMMON = 3  # documents about which an answer is given, from which it tells nothing
_SHORT = 10  # words of an answer of which another may be a part; a longer one says more than the other
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")

Encode = Callable[[Sequence[str]], Vectors]
Words = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """An example with its texts: how it is called, what it asks, its gold answers, what it teaches, its documents."""

    name: str
    question: str
    answers: tuple[Words, ...]
    targets: tuple[Words, ...]
    documents: frozenset[str]

    @classmethod
    def of(cls, name: str, content: Content, documents: Sequence[str]) -> Text | None:
        """Return the texts of an example that asks something; None for one that asks nothing."""
        asked = content.asked()
        if asked is None or isinstance(content, TextContent):
            return None
        question, answers = asked
        taught = [content.rejected or ""] if isinstance(content, PreferenceContent) else []
        words = tuple(filter(None, map(words_of, answers)))
        return cls(name, question, words, (*words, *filter(None, map(words_of, taught))), frozenset(documents))


@dataclass(frozen=True)
class Leak:
    """What is measured, by its name, and the training example that gives it away; `how` is a clause."""

    asked: str
    known: str
    how: str

    def __str__(self) -> str:
        return f"{self.asked} {self.how} {self.known}"


ASKS_THE_SAME = "asks the same as the training example"
ANSWER_IS_TAUGHT = "has an answer that stands in the training example"


def words_of(text: str) -> Words:
    """Return the words of a text in comparable form; each sign of Chinese is one."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def find_paraphrases(known: Sequence[Text], asked: Sequence[Text], encode: Encode) -> list[Leak]:
    """Return for each that is asked the known one that asks the same, the most similar if there are several."""
    common = _common(known)
    candidates = [sorted(_candidates(known, each)) for each in _indexed(known, asked)]
    needed = {place for each in candidates for place in each}
    if not needed:
        return []
    order = sorted(needed)
    row_of = {place: row for row, place in enumerate(order)}
    theirs = _unit(encode([known[place].question for place in order]))
    mine = [number for number, each in enumerate(candidates) if each]
    own = _unit(encode([asked[number].question for number in mine]))
    leaks = []
    for row, number in enumerate(mine):
        places = candidates[number]
        cosines = theirs[[row_of[place] for place in places]] @ own[row]
        over = [
            (float(cosine), place)
            for cosine, place in zip(cosines, places, strict=True)
            if cosine >= (SAME_ANSWER if _agree(known[place], asked[number], common) else SAME_DOCUMENT)
        ]
        if over:
            leaks.append(Leak(asked[number].name, known[max(over)[1]].name, ASKS_THE_SAME))
    return leaks


def find_taught_answers(known: Sequence[Text], asked: Sequence[Text]) -> list[Leak]:
    """Return for each that is asked the first known one whose text to learn holds a whole answer of some length."""
    wanted: dict[Words, list[tuple[int, Words]]] = defaultdict(list)
    for number, each in enumerate(asked):
        for answer in each.answers:
            if len(answer) >= _QUOTED:
                wanted[answer[:_QUOTED]].append((number, answer))
    found: dict[int, dict[object, str]] = defaultdict(dict)
    for each in known:
        for target in each.targets:
            for start in range(len(target) - _QUOTED + 1):
                for number, answer in wanted.get(target[start : start + _QUOTED], ()):
                    if target[start : start + len(answer)] == answer:
                        found[number].setdefault(each.documents, each.name)
    return [
        Leak(asked[number].name, next(iter(names.values())), ANSWER_IS_TAUGHT)
        for number, names in sorted(found.items())
        if len(names) < _COMMON
    ]


def _common(known: Sequence[Text]) -> set[Words]:
    """Return the answers that are given about several documents."""
    about: dict[Words, set[frozenset[str]]] = defaultdict(set)
    for each in known:
        for answer in set(each.answers):
            about[answer].add(each.documents)
    return {answer for answer, documents in about.items() if len(documents) >= _COMMON}


@dataclass(frozen=True)
class _Lookup:
    """One that is asked, and where known ones with its answers and its documents are."""

    text: Text
    by_answer: dict[Words, list[int]]
    by_document: dict[str, list[int]]


def _indexed(known: Sequence[Text], asked: Sequence[Text]) -> Iterator[_Lookup]:
    by_answer: dict[Words, list[int]] = defaultdict(list)
    by_document: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(known):
        for answer in set(each.answers):
            by_answer[answer].append(place)
        for document in each.documents:
            by_document[document].append(place)
    for text in asked:
        yield _Lookup(text, by_answer, by_document)


def _candidates(known: Sequence[Text], lookup: _Lookup) -> set[int]:
    """Return the places of known ones with an equal answer or a document in common; itself is none."""
    same = {place for answer in lookup.text.answers for place in lookup.by_answer.get(answer, ())}
    same |= {place for document in lookup.text.documents for place in lookup.by_document.get(document, ())}
    return {place for place in same if known[place] is not lookup.text}


def _agree(one: Text, other: Text, common: set[Words]) -> bool:
    """Return whether two have a telling answer in common, or, about one document, one with the other inside."""
    shared = bool(one.documents & other.documents)
    same = set(one.answers) & set(other.answers)
    if same - common or (shared and same):
        return True
    short = [(a, b) for a in one.answers for b in other.answers if max(len(a), len(b)) <= _SHORT]
    return shared and any(_within(a, b) or _within(b, a) for a, b in short)


def _within(part: Words, whole: Words) -> bool:
    size = len(part)
    return any(whole[start : start + size] == part for start in range(len(whole) - size + 1))


def _unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    scaled: Vectors = vectors / lengths
    return scaled
