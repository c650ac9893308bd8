"""Batches from many processes: each draws tasks with a seed of its own, encodes them and sorts them by length."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from retriever.text.analysis import is_cjk
from tools.reader.synthetic.drawing import draw
from tools.reader.synthetic.wording import roughened
from tools.reader.tasks import SHORT, Questions, Task, recurring
from tools.training_texts import Text, held_out, load_texts, questions, read_lines, train_texts

Encoded = tuple[list[int], int, list[int], list[int]]  # ids, where the context begins, starts and ends of the answers
_POOL = 3000  # tasks that are sorted by length together
_WAITING = 60  # batches that may wait
_NO_ANSWER = 0.38  # share of the train parts' questions that get a passage without an answer
_ROUGHENED = 0.4  # share of them that are worded as somebody might type them
_LOADS = {"en": 8_000_000, "zh": 4_500_000}  # characters of the load corpus
_MEDQUAD = 4_000_000  # characters


@dataclass(frozen=True)
class Clock:
    """How much of a time budget is spent; the same in every process."""

    began: float
    budget_s: float

    @property
    def share(self) -> float:
        """The share of the budget that is spent, 0 to 1."""
        return min(1.0, max(0.0, (time.time() - self.began) / self.budget_s))


@dataclass(frozen=True)
class Batch:
    """Token ids (rows, tokens), lengths, where contexts begin, and the right tokens: (row, token, begin or end)."""

    ids: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    contexts: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sources:
    """What tasks are made from, read once for all processes."""

    asked: Questions
    texts: dict[str, tuple[list[Text], list[Text]]]  # by language: of the question sets, of the load corpus

    @classmethod
    def read(cls, data: Path) -> Sources:
        """Read the train parts, without any question whose document carries a dev or test question."""
        items = questions(data, "train")
        names = {item.source for item in items}
        hidden = {
            line["text"]
            for name, ids in ((name, held_out(data / name)) for name in names)
            for line in read_lines(data / name / "corpus.jsonl")
            if line["_id"] in ids
        }
        kept = [item for item in items if hidden.isdisjoint(item.documents)]
        asked = Questions(kept, {"cmrc2018": 1.3, "nq_oracle": 1.3, "covidqa": 0.7}, SHORT)
        chance = random.Random(1)
        own = [text for text in train_texts(data) if len(text.text) > 200]
        chance.shuffle(own)
        medical = first([text for text in own if text.source == "medquad"], _MEDQUAD)
        own = [text for text in own if text.source != "medquad"] + medical
        texts = {}
        for lang, room in _LOADS.items():
            loads = load_texts(data, lang)
            chance.shuffle(loads)
            texts[lang] = ([text for text in own if text.lang == lang], first(loads, room))
        return cls(asked, texts)

    def tasks(self, clock: Clock, chance: random.Random) -> Iterator[Task]:
        """Yield tasks without end: recurring spans at first, then more and more questions; half of all synthetic."""
        streams = {
            lang: (recurring(own, chance, 0.25), recurring(loads, chance, 0.25))
            for lang, (own, loads) in self.texts.items()
        }
        while True:
            spans, asked = 0.08 + 0.4 * max(0.0, 1 - clock.share / 0.6), 0.2 + 0.1 * clock.share
            kind = chance.random()
            if kind < spans:
                yield next(streams["zh" if chance.random() < 0.5 else "en"][chance.random() < 0.4])
            elif kind < spans + asked:
                yield self._question(chance)
            else:
                yield draw(chance)

    def _question(self, chance: random.Random) -> Task:
        task = self.asked.draw(chance, _NO_ANSWER, headed=chance.random() < 0.8)
        if chance.random() >= _ROUGHENED:
            return task
        lang = "zh" if any(is_cjk(character) for character in task.question) else "en"
        return replace(task, question=roughened(task.question, lang, chance))


def first(texts: list[Text], room: int) -> list[Text]:
    """Return the first texts that have together at most `room` characters."""
    kept = []
    for text in texts:
        room -= len(text.text)
        if room < 0:
            break
        kept.append(text)
    return kept


def encoded(tokenizer: Tokenizer, tasks: list[Task]) -> list[Encoded]:
    """Return the encodings of the tasks that fit."""
    found = []
    pairs = tokenizer.encode_batch([(task.question, task.context) for task in tasks])
    for task, encoding in zip(tasks, pairs, strict=True):
        ends = [(encoding.char_to_token(a, 1), encoding.char_to_token(b - 1, 1)) for a, b in task.spans]
        inside = [(a, b) for a, b in ends if a is not None and b is not None]
        if inside or not task.spans:
            context = encoding.type_ids.index(1) if 1 in encoding.type_ids else len(encoding.ids)
            found.append((encoding.ids, context, [a for a, _ in inside] or [0], [b for _, b in inside] or [0]))
    return found


def packed(rows: list[Encoded]) -> Batch:
    """Return encodings as one batch, its width a multiple of eight."""
    ids = np.zeros((len(rows), _width(max(rows, key=lambda each: len(each[0])))), dtype=np.int64)
    right = []
    for row, (own, _, starts, ends) in enumerate(rows):
        ids[row, : len(own)] = own
        right += [(row, place, 0) for place in starts] + [(row, place, 1) for place in ends]
    lengths, contexts = np.array([len(own) for own, *_ in rows]), np.array([each[1] for each in rows])
    return Batch(ids, lengths, contexts, np.array(right).T.copy())


def _width(row: Encoded) -> int:
    return (len(row[0]) + 7) // 8 * 8


def batches(tokenizer: Tokenizer, tasks: Iterator[Task], size: int, chance: random.Random) -> Iterator[Batch]:
    """Yield batches of about `size` tokens and of about one length."""
    while True:
        rows = encoded(tokenizer, [next(tasks) for _ in range(_POOL)])
        cut: list[list[Encoded]] = [[]]
        for row in sorted(rows, key=lambda each: len(each[0])):
            if cut[-1] and (len(cut[-1]) + 1) * _width(row) > size:
                cut.append([])
            cut[-1].append(row)
        chance.shuffle(cut)
        yield from (packed(rows) for rows in cut)


def _serve(queue: Queue[Batch], sources: Sources, clock: Clock, tokenizer: Tokenizer, size: int, seed: int) -> None:
    chance = random.Random(seed)
    for batch in batches(tokenizer, sources.tasks(clock, chance), size, chance):
        queue.put(batch)


def served(sources: Sources, clock: Clock, tokenizer: Tokenizer, size: int, processes: int) -> Iterator[Batch]:
    """Yield batches from processes, which end with the program. To be called before a GPU is touched: they fork."""
    context = multiprocessing.get_context("fork")
    queue: Queue[Batch] = context.Queue(maxsize=_WAITING)
    for number in range(processes):
        arguments = (queue, sources, clock, tokenizer, size, 1000 + number)
        context.Process(target=_serve, args=arguments, daemon=True).start()
    return iter(queue.get, None)
