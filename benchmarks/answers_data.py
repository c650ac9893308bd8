"""Questions with answers that stand in documents: `corpus.jsonl` {_id, title, text} and `qa/<split>.jsonl`.

A line of `qa` has question, answers and doc_ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.retrieval import spread
from benchmarks.sets import read_lines
from eval.metrics.normalise import normal_tokens
from retriever.text.language import language_of


@dataclass(frozen=True)
class Asked:
    """A question with its gold answers and the ids of the documents that they were taken from."""

    question: str
    answers: list[str]
    documents: frozenset[str]
    language: str

    @property
    def cluster(self) -> str:
        """What the bootstrap resamples as one: the document."""
        return min(self.documents)


@dataclass(frozen=True)
class AnswerSet:
    """Documents (id, title, text) and questions; `left_out` counts questions whose answer no gold document holds."""

    name: str
    documents: list[tuple[str, str, str]]
    questions: list[Asked]
    left_out: int
    _flat: dict[str, dict[str, str]] = field(default_factory=dict)

    def holders(self, asked: Asked) -> set[str]:
        """Return the ids of all documents whose text holds an answer, as a run of normal tokens."""
        texts = self._flat.get(asked.language)
        if texts is None:
            texts = {key: _flat(text, asked.language) for key, _, text in self.documents}
            self._flat[asked.language] = texts
        wanted = [flat for flat in (_flat(answer, asked.language) for answer in asked.answers) if flat.strip()]
        return {key for key, text in texts.items() if any(answer in text for answer in wanted)}


def read_answers(folder: Path, split: str, limit: int | None) -> AnswerSet:
    """Return a set with at most `limit` questions of the split, evenly spaced, that a quote can answer."""
    documents = [(line["_id"], line["title"], line["text"]) for line in read_lines(folder / "corpus.jsonl")]
    asked = []
    for line in read_lines(folder / "qa" / f"{split}.jsonl"):
        language = language_of(line["question"])
        answers = [answer.strip() for answer in line["answers"] if normal_tokens(answer, language)]
        asked.append(Asked(line["question"], answers, frozenset(line["doc_ids"]), language))
    kept = _quotable(folder.name, documents, asked)
    places = spread([str(place) for place in range(len(kept))], limit or len(kept)) if kept else []
    return AnswerSet(folder.name, documents, [kept[int(place)] for place in places], len(asked) - len(kept))


def _quotable(name: str, documents: list[tuple[str, str, str]], asked: Sequence[Asked]) -> list[Asked]:
    gold = frozenset().union(*(each.documents for each in asked))
    only_gold = AnswerSet(name, [each for each in documents if each[0] in gold], [], 0)
    return [each for each in asked if only_gold.holders(each) & each.documents]


def _flat(text: str, language: str) -> str:
    """Return the normal tokens between blanks, so that a run of tokens is a substring."""
    return f" {' '.join(normal_tokens(text, language))} "
