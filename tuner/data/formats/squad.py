"""The format `squad`: questions about paragraphs, with answers that stand in them, as SQuAD 1 and 2 and CMRC have it.

A paragraph that stands in a document of the domain anchors its questions there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from store.examples import QuestionContent
from store.json_values import Json
from store.refusals import kind_of
from tuner.data.formats.format import SOLID, Format, FormatError, Found, ReadExample, Row, as_text, read_part
from tuner.data.record import Place, Problem, Record


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class AnswerRow(_Part):
    """An answer, and where it begins in its paragraph."""

    text: str
    answer_start: int = -1


class QuestionRow(_Part):
    """A question about a paragraph."""

    id: Annotated[str | None, BeforeValidator(as_text)] = Field(None, max_length=200)
    question: str = Field(pattern=SOLID, max_length=4000)
    answers: list[AnswerRow] = Field(default_factory=list, max_length=100)
    is_impossible: bool = False


class ParagraphRow(_Part):
    """A paragraph with its questions, which are read one by one."""

    context: str = Field(pattern=SOLID)
    qas: list[Json]


def read(record: Record, problems: list[Problem]) -> Iterator[ReadExample]:
    """Yield the examples of a record; what is wrong with a question is appended to the problems."""
    row = read_part(Row, record.fields, record.place)
    if record.has("context", "question"):
        columns = {**record.fields, "answers": _columns(record.get("answers"))}
        yield _question(columns, str(record.get("context")), row, record.place)
        return
    for place, paragraph in _paragraphs(record, problems):
        for number, given in enumerate(paragraph.qas):
            try:
                yield _question(given, paragraph.context, row, _deeper(place, "qas", number))
            except FormatError as error:
                problems.append(error.problem)


def _paragraphs(record: Record, problems: list[Problem]) -> Iterator[tuple[Place, ParagraphRow]]:
    """Yield the paragraphs of a whole file, of an article, or the one that the record is."""
    if record.has("qas"):
        yield record.place, read_part(ParagraphRow, record.fields, record.place)
        return
    articles: Json = [dict(record.fields)] if record.has("paragraphs") else record.get("data")
    for number, article in enumerate(articles if isinstance(articles, list) else []):
        inside = article.get("paragraphs") if isinstance(article, dict) else None
        own = record.place if record.has("paragraphs") else record.place.within("data", number)
        if not isinstance(inside, list):
            problems.append(Problem(own, f"paragraphs must be a list, not {kind_of(inside)}"))
            continue
        for place, given in ((_deeper(own, "paragraphs", each), inside[each]) for each in range(len(inside))):
            try:
                yield place, read_part(ParagraphRow, given, place)
            except FormatError as error:
                problems.append(error.problem)


def _deeper(place: Place, *path: str | int) -> Place:
    return place.within(*([place.part] if place.part else []), *path)


def _columns(given: Json) -> Json:
    """Return answers as a list of objects, which the hub's tables have as an object of lists."""
    if not isinstance(given, dict):
        return given
    texts, starts = given.get("text"), given.get("answer_start")
    if not isinstance(texts, list):
        return given
    known = starts if isinstance(starts, list) and len(starts) == len(texts) else [-1] * len(texts)
    return [{"text": text, "answer_start": start} for text, start in zip(texts, known, strict=True)]


def _question(given: object, context: str, row: Row, place: Place) -> ReadExample:
    asked = read_part(QuestionRow, given, place)
    answers = list(dict.fromkeys(each.text for each in asked.answers if each.text.strip()))
    if asked.is_impossible:
        answers = []
    elif not answers and asked.answers:
        raise FormatError(place, "answers: all are empty")
    spans = {
        (each.answer_start, each.answer_start + len(each.text))
        for each in asked.answers
        if each.answer_start >= 0 and context[each.answer_start :].startswith(each.text) and each.text in answers
    }
    content = QuestionContent(question=asked.question, answers=answers[:20])
    return ReadExample(
        place, asked.id, content, tuple(row.documents), row.split, (Found(context, answers=tuple(sorted(spans))),)
    )


def _is(record: Record) -> bool:
    data = record.get("data")
    whole = isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "paragraphs" in data[0]
    return whole or record.has("paragraphs") or record.has("context", "qas") or record.has("context", "question")


SQUAD = Format(
    "squad",
    kind="qa",
    keys='{"data": [{"paragraphs": [{"context": "…", "qas": [{"question": "…", "answers": […]}]}]}]}',
    fields=frozenset(
        {"data", "version", "title", "paragraphs", "context", "qas", "id", "question", "answers", "is_impossible"}
        | {"split", "documents", "doc_ids"}
    ),
    detects=_is,
    read=read,
)
