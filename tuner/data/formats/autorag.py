"""The format `autorag`: the table of questions of AutoRAG; with its corpus beside it, texts are looked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from store.examples import QuestionContent
from store.json_values import Json
from tuner.data.formats.format import SOLID, FormatError, Found, ReadExample, Row, Texts, as_text, read_row, simple
from tuner.data.record import Record


class QuestionRow(Row):
    """A question with its gold texts by id, and its gold answers; `contents` are the texts, if there was a corpus."""

    qid: Annotated[str | None, BeforeValidator(as_text)] = Field(None, max_length=200)
    query: str = Field(pattern=SOLID, max_length=4000)
    generation_gt: Texts = Field(max_length=20)
    retrieval_gt: list[Json] = Field(default_factory=list)
    contents: dict[str, str] = Field(default_factory=dict)


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(QuestionRow, record)
    ids = [each for group in row.retrieval_gt for each in (group if isinstance(group, list) else [group])]
    sources = [Found(row.contents.get(each, ""), each) for each in ids if isinstance(each, str)]
    if len(sources) != len(ids):
        raise FormatError(record.place, "retrieval_gt must be lists of ids")
    content = QuestionContent(question=row.query, answers=row.generation_gt)
    return ReadExample(record.place, row.qid, content, tuple(row.documents), row.split, tuple(sources))


AUTORAG = simple(
    "autorag",
    kind="qa",
    keys='{"qid": "…", "query": "…", "retrieval_gt": [["…"]], "generation_gt": ["…"]}; or qa.parquet, corpus.parquet',
    own=frozenset({"qid", "query", "generation_gt", "retrieval_gt", "contents"}),
    detects=lambda record: record.has("query", "generation_gt"),
    read=read,
)
