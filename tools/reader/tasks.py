"""Reading tasks: questions with answers from train parts, and recurring spans of raw text.

A recurring span (Ram et al. 2021, Splinter) is a piece of text that stands in two sentences of a document. One of the
sentences, the span taken out, becomes the question; the other one, in its surroundings, holds the answer.
"""

from __future__ import annotations

import itertools
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from retriever.index.lexical import LexicalIndex
from retriever.text.analysis import CJK, is_function_term
from retriever.text.sentences import Sentence, split_sentences
from tools.training_texts import Item, Text

_UNIT = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:[.,'’-][^\W_{CJK}]+)*")
_SIZES = {"en": (250, 900), "zh": (80, 300)}  # characters of a context
SHORT = {"en": (200, 550), "zh": (70, 220)}  # of a passage as the product cuts them
_LONGEST = {"en": 6, "zh": 9}  # units of a recurring span: words, characters
_VIEW = {"en": 4000, "zh": 1500}  # characters of a document looked at once
_MOST_IN_VAIN = 1000


@dataclass(frozen=True)
class Task:
    """A question, a context, and the spans of the context that answer it: none if it does not."""

    question: str
    context: str
    spans: tuple[tuple[int, int], ...]
    answers: tuple[str, ...]
    others: tuple[str, ...] = ()  # passages near the question that do not answer it


def answer_spans(context: str, answers: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return every place where an answer stands in a context."""
    found = {
        (match.start(), match.end())
        for answer in answers
        if answer
        for match in re.finditer(re.escape(answer), context)
    }
    return tuple(sorted(found))


def window(
    text: str, place: int, lang: str, chance: random.Random, sizes: Mapping[str, tuple[int, int]] = _SIZES
) -> str:
    """Return whole sentences around a place, as many as a random size holds."""
    size = chance.randint(*sizes[lang])
    sentences = split_sentences(text)
    here = next((n for n, sentence in enumerate(sentences) if sentence.end > place), len(sentences) - 1)
    first = last = here
    while sentences[last].end - sentences[first].start < size:
        grow_left = first > 0 and (last + 1 == len(sentences) or chance.random() < 0.5)
        if not grow_left and last + 1 == len(sentences):
            break
        first, last = (first - 1, last) if grow_left else (first, last + 1)
    return text[sentences[first].start : sentences[last].end]


def titled(task: Task, title: str) -> Task:
    """Return a task whose context has a title above it, as the product's passages have."""
    above = title + "\n" if title else ""
    spans = tuple((start + len(above), end + len(above)) for start, end in task.spans)
    return replace(task, context=above + task.context, spans=spans)


class Questions:
    """Tasks from the questions of the train parts; a share of them with passages that hold no answer."""

    def __init__(
        self, items: Sequence[Item], weights: dict[str, float], sizes: Mapping[str, tuple[int, int]] = _SIZES
    ) -> None:
        self._sizes = sizes
        self._by_source: dict[str, list[Item]] = {}
        for item in items:
            if any(answer_spans(text, item.answers) for text in item.documents):
                self._by_source.setdefault(item.source, []).append(item)
        self._weights = {
            source: weights.get(source, 1.0) * len(found) ** 0.7 for source, found in self._by_source.items()
        }
        self._near = {source: _neighbours(found) for source, found in self._by_source.items()}
        self._titles = {
            text: title
            for item in items
            for text, title in itertools.zip_longest(item.documents, item.titles, fillvalue="")
        }

    def draw(self, chance: random.Random, without: float, others: int = 0, headed: bool = False) -> Task:
        """Return a task, with the probability `without` one whose context does not answer; with up to `others` more.

        If `headed`, the title of its document stands above the context.
        """
        source = chance.choices(list(self._weights), list(self._weights.values()))[0]
        number = chance.randrange(len(self._by_source[source]))
        item = self._by_source[source][number]
        near = self._others(self._near[source][number], item, chance, others)
        if chance.random() < without:
            for text in chance.sample(self._near[source][number], len(self._near[source][number])):
                context = window(text, chance.randrange(len(text)), item.lang, chance, self._sizes)
                if not answer_spans(context, item.answers):
                    task = Task(item.question, context, (), item.answers, near)
                    return titled(task, self._titles[text]) if headed else task
        text = chance.choice([text for text in item.documents if answer_spans(text, item.answers)])
        context = window(text, chance.choice(answer_spans(text, item.answers))[0], item.lang, chance, self._sizes)
        spans = answer_spans(context, item.answers)
        task = Task(item.question, context, spans, item.answers, near)
        return titled(task, self._titles[text]) if headed else task

    @staticmethod
    def _others(texts: Sequence[str], item: Item, chance: random.Random, count: int) -> tuple[str, ...]:
        found = []
        for text in texts[:count]:
            context = window(text, chance.randrange(len(text)), item.lang, chance)
            if not answer_spans(context, item.answers):
                found.append(context)
        return tuple(found)


def _neighbours(items: Sequence[Item]) -> list[list[str]]:
    """Return for each item the texts of the set that share most words with its question, its own document first."""
    texts = list(dict.fromkeys(text for item in items for text in item.documents))
    with tempfile.TemporaryDirectory() as folder:
        view = LexicalIndex(Path(folder)).changed([], list(enumerate(texts)))
        return [
            list(dict.fromkeys([*item.documents, *(texts[key] for key, _ in view.search(item.question, 6))]))
            for item in items
        ]


def recurring(texts: Sequence[Text], chance: random.Random, without: float) -> Iterator[Task]:
    """Yield tasks from random documents without end; a share `without` of them has no answer in its context.

    Raises `ValueError` if no span recurs in a thousand documents in a row.
    """
    in_vain = 0
    while in_vain < _MOST_IN_VAIN:
        document = chance.choice(texts)
        start = chance.randrange(max(1, len(document.text) - _VIEW[document.lang]))
        view = document.text[start : start + _VIEW[document.lang]]
        in_vain += 1
        for task in _tasks(view, document.lang, chance, without):
            in_vain = 0
            yield task
    raise ValueError(f"No span recurs in {_MOST_IN_VAIN} documents in a row: the texts are too few or too short.")


def _tasks(text: str, lang: str, chance: random.Random, without: float) -> Iterator[Task]:
    sentences = [s for s in split_sentences(text) if len(s.text) > (12 if lang == "zh" else 40)]
    for pair in _pairs(sentences, lang, chance):
        asked, told, span = pair
        question = _question(asked, span, lang, chance)
        context = window(text, told.start, lang, chance).replace(asked.text, "")
        spans = answer_spans(context, [span])
        if chance.random() < without or not spans:
            other = window(text, chance.randrange(len(text)), lang, chance).replace(asked.text, "")
            if span not in other and len(other) > 30:
                yield Task(question, other, (), (span,))
        else:
            yield Task(question, context, spans, (span,))


def _pairs(sentences: Sequence[Sentence], lang: str, chance: random.Random) -> list[tuple[Sentence, Sentence, str]]:
    """Return up to three (sentence to ask from, sentence that answers, span), longest spans first."""
    owners: dict[str, list[int]] = {}
    for number, sentence in enumerate(sentences):
        units = list(_UNIT.finditer(sentence.text))
        for first in range(len(units)):
            for last in range(first, min(first + _LONGEST[lang], len(units))):
                span = sentence.text[units[first].start() : units[last].end()]
                if number not in owners.setdefault(span, []):
                    owners[span].append(number)
    found: list[tuple[Sentence, Sentence, str]] = []
    spans = [span for span, numbers in owners.items() if 2 <= len(numbers) <= 6 and _tells(span, lang)]
    chance.shuffle(spans)
    for span in sorted(spans, key=len, reverse=True):
        if any(span in other for _, _, other in found):
            continue
        asked, told = chance.sample(owners[span], 2)
        found.append((sentences[asked], sentences[told], span))
        if len(found) == 6:
            break
    return chance.sample(found, min(3, len(found)))


def _tells(span: str, lang: str) -> bool:
    """Return whether one could ask for a span: no function word at its ends; a name, a number or a long word."""
    units = _UNIT.findall(span.casefold())
    if is_function_term(units[0]) or is_function_term(units[-1]):
        return False
    if lang == "zh":
        return len(span) >= 2 and not re.search(r"[，。；：（）()\"“”]", span)
    return len(units) > 1 or span[0].isupper() or any(c.isdigit() for c in span) or len(span) > 7


def _question(sentence: Sentence, span: str, lang: str, chance: random.Random) -> str:
    before, after = sentence.text.split(span, 1)
    reach = chance.randint(10, 30) if lang == "zh" else chance.randint(40, 120)
    before, after = before[-reach:], after[:reach]
    if lang == "en":
        before = before if len(before) < reach else before.partition(" ")[2]
        after = after if len(after) < reach else after.rpartition(" ")[0]
        before, after = (" ".join(w for w in part.split() if chance.random() > 0.12) for part in (before, after))
        if chance.random() < 0.5:
            return f"{before} [MASK] {after}"
        word = chance.choice(
            ["when", "how many", "how much"] if span[0].isdigit() else ["what", "which", "who", "where"]
        )
        return f"{word} {before} {after}" if chance.random() < 0.7 else f"{before} {word} {after}"
    word = chance.choice(["多少", "几", "哪一年"] if span[0].isdigit() else ["什么", "谁", "哪里", "哪个", "[MASK]"])
    return f"{before}{word}{after}".rstrip("。") + ("？" if word != "[MASK]" else "")
