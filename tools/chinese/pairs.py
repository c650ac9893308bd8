"""Pairs of a Chinese question or heading and a text that belongs to it, from train parts and the load corpus."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from retriever.text.sentences import split_sentences
from tools.reader.tasks import answer_spans, recurring, window
from tools.training_texts import Item, Text, load_texts, questions, train_texts

_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
Pair = tuple[str, str]


def pairs(data: Path, chance: random.Random) -> Iterator[Pair]:
    """Yield pairs without end: questions, recurring spans, titles, headings, sentences taken out of their text."""
    own = [text for text in train_texts(data) if text.lang == "zh"]
    load = load_texts(data, "zh")
    asked = [item for item in questions(data, "train") if item.lang == "zh"]
    own_spans = recurring([text for text in own if len(text.text) > 150], chance, 0.0)
    load_spans = recurring(load, chance, 0.0)
    kinds = ["question", "own span", "load span", "title", "heading", "sentence"]
    while True:
        kind = chance.choices(kinds, [25, 20, 15, 10, 10, 20])[0]
        if kind == "question":
            found = _question(chance.choice(asked), chance)
        elif kind.endswith("span"):
            task = next(own_spans if kind == "own span" else load_spans)
            found = (task.question, task.context) if task.spans else None
        elif kind == "title":
            text = chance.choice(own)
            found = (text.title, window(text.text, chance.randrange(len(text.text)), "zh", chance))
        elif kind == "heading":
            found = _heading(chance.choice(load), chance)
        else:
            found = _sentence(chance.choice(own if chance.random() < 0.5 else load), chance)
        if found is not None and all(found):
            yield found


def _question(item: Item, chance: random.Random) -> Pair | None:
    text = item.documents[0]
    spans = answer_spans(text, item.answers)
    return (item.question, window(text, chance.choice(spans)[0], "zh", chance)) if spans else None


def _heading(text: Text, chance: random.Random) -> Pair | None:
    found = [match for match in _HEADING.finditer(text.text) if len(text.text) - match.end() > 60]
    if not found:
        return None
    match = chance.choice(found)
    heading = f"{text.title} {match[1]}" if chance.random() < 0.5 else match[1]
    return heading, window(text.text[match.end() :], 1, "zh", chance)


def _sentence(text: Text, chance: random.Random) -> Pair | None:
    """Return a sentence or a part of it, and the text around it, the sentence mostly taken out (Lee et al. 2019)."""
    start = chance.randrange(max(1, len(text.text) - 1200))
    view = text.text[start : start + 1200]
    sentences = [sentence for sentence in split_sentences(view) if 10 < len(sentence.text) < 120]
    if len(sentences) < 3:
        return None
    taken = chance.choice(sentences)
    rest = window(view, taken.start, "zh", chance)
    if chance.random() < 0.7:
        rest = rest.replace(taken.text, "")
    asked = taken.text
    if chance.random() < 0.5:
        place = chance.randrange(max(1, len(asked) - 12))
        asked = asked[place : place + chance.randint(8, 24)]
    return (asked, rest) if len(rest) > 30 else None
