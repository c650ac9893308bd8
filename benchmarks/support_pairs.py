"""Pairs of a statement and a passage, made by code from public questions: said as it stands, shortened, or made wrong.

Each statement is a sentence of the passage, or what is left of it without one of its clauses, or a question with its
answer in place of the question word. Each wrong one differs from a right one in one number, one negation, or one name,
which another name of the same document takes the place of.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sets import read_lines
from retriever.text.language import is_cjk_text
from retriever.text.sentences import split_sentences

SETS = ("xquad_en", "nq_oracle", "xquad_zh", "cmrc2018")
RIGHT = ("whole", "shortened", "answer")
WRONG = ("number", "negation", "name", "other answer")
_CLAUSE = re.compile(r"(?:(?<!\d),|,(?!\d)|[，;；])\s*")
_NUMBER = re.compile(r"(?<![\d.,])\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*")
_BE = re.compile(r"\b(?:is|are|was|were|can|could|will|would|has|had|must|should)\b(?! not)(?!n't)")
_NOT = re.compile(r"\b(is|are|was|were|can|could|will|would|has|had|must|should|do|does|did) not\b")
_CHINESE_VERB = re.compile("(?<!不)(?:是|会|能|可以|需要|属于|包括)(?!否)")
_ASKED = re.compile(
    r"^(?:when|in (?:what|which) year|where|who|what|which)\s+(?:is|are|was|were|did|does|do)?\s*", re.IGNORECASE
)
_CHINESE_ASKED = re.compile("谁|什么时候|何时|哪一年|哪里|哪个\\w{0,2}|什么|多少")


@dataclass(frozen=True)
class Pair:
    """A statement about a passage; `kind` is one of `RIGHT` or `WRONG`, `cluster` the document."""

    set: str
    kind: str
    statement: str
    question: str
    passage: str
    cluster: str

    @property
    def right(self) -> bool:
        """Whether the passage says what the statement says."""
        return self.kind in RIGHT


def pairs_of(data: Path, name: str, documents: int, split: str = "dev") -> list[Pair]:
    """Return the pairs of the first documents of a split; the same ones every time."""
    chance = random.Random(7)
    rows: dict[str, list[tuple[str, str]]] = {}
    for row in read_lines(data / name / "qa" / f"{split}.jsonl"):
        if row["answers"] and row["doc_ids"]:
            rows.setdefault(row["doc_ids"][0], []).append((row["question"], row["answers"][0]))
    texts = {row["_id"]: row["text"] for row in read_lines(data / name / "corpus.jsonl") if row["_id"] in rows}
    kept = chance.sample(sorted(rows), min(documents, len(rows)))
    return [pair for key in kept for pair in _of_document(name, key, texts[key][:3000], rows[key], chance)]


def _of_document(
    name: str, key: str, text: str, asked: Sequence[tuple[str, str]], chance: random.Random
) -> Iterator[Pair]:
    questions = [question for question, _ in asked]
    least = 7 if is_cjk_text(text) else 20
    sentences = [each.text for each in split_sentences(text) if len(each.text) >= least]
    for sentence in chance.sample(sentences, min(3, len(sentences))):
        question = chance.choice(questions)
        short = _shortened(sentence, chance)
        said = short or sentence
        if short:
            yield Pair(name, "shortened", short, question, text, key)
        yield Pair(name, "whole", sentence, question, text, key)
        for kind, wrong in (
            ("number", _other_number(said, text, chance)),
            ("negation", _negated(said)),
            ("name", _other_name(said, text, [answer for _, answer in asked], chance)),
        ):
            if wrong is not None:
                yield Pair(name, kind, wrong, question, text, key)
    for question, answer in asked:
        said = _told(question, answer)
        if said is None or answer not in text:
            continue
        yield Pair(name, "answer", said, question, text, key)
        others = [each for _, each in asked if _alike(each, answer) and each in text]
        if others:
            yield Pair(name, "other answer", said.replace(answer, chance.choice(others)), question, text, key)


def _shortened(sentence: str, chance: random.Random) -> str | None:
    """Return a sentence without one clause behind its first, or None if it has none that is short."""
    parts = _CLAUSE.split(sentence.rstrip(".。"))
    if len(parts) < 3:
        return None
    del parts[chance.randrange(1, len(parts))]
    return ("，" if is_cjk_text(sentence) else ", ").join(parts) + ("。" if is_cjk_text(sentence) else ".")


def _other_number(sentence: str, text: str, chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    chosen = chance.choice(found)
    present = set(_NUMBER.findall(sentence))
    others = [each for each in _NUMBER.findall(text) if each not in present and len(each) == len(chosen[0])]
    last = str((int(chosen[0][-1]) + 1 + chance.randrange(8)) % 10)
    number = chance.choice(others) if others else chosen[0][:-1] + last
    return None if number in present else sentence[: chosen.start()] + number + sentence[chosen.end() :]


def _negated(sentence: str) -> str | None:
    if is_cjk_text(sentence):
        found = _CHINESE_VERB.search(sentence)
        return None if found is None else f"{sentence[: found.start()]}不{sentence[found.start() :]}"
    denied = _NOT.search(sentence)
    if denied is not None:
        return sentence[: denied.start()] + denied[1] + sentence[denied.end() :]
    said = _BE.search(sentence)
    return None if said is None else f"{sentence[: said.end()]} not{sentence[said.end() :]}"


def _other_name(sentence: str, text: str, answers: Sequence[str], chance: random.Random) -> str | None:
    """Return the sentence with one of its names changed for another of the document; in Chinese answers are names."""
    chinese = is_cjk_text(sentence)
    short = [each for each in answers if 2 <= len(each) <= 8 and not _NUMBER.search(each)]
    names = short if chinese else _NAME.findall(text)
    own = [each for each in names if each in sentence]
    others = [each for each in names if each not in sentence and not any(each in mine or mine in each for mine in own)]
    if not own or not others:
        return None
    return sentence.replace(chance.choice(own), chance.choice(others))


def _told(question: str, answer: str) -> str | None:
    """Return a question with its answer in place of the question word, as models often answer."""
    if is_cjk_text(question):
        found = _CHINESE_ASKED.search(question)
        if found is None:
            return None
        return (question[: found.start()] + answer + question[found.end() :]).rstrip("?？") + "。"
    match = _ASKED.match(question)
    return None if match is None else f"{question[match.end() :].rstrip(' ?')}: {answer}."


def _alike(one: str, other: str) -> bool:
    """Return whether one answer may stand where the other does: both have digits, or neither, and they differ."""
    if one in other or other in one:
        return False
    return bool(_NUMBER.search(one)) == bool(_NUMBER.search(other)) and len(one) <= 3 * len(other)
