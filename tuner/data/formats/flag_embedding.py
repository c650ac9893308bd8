"""The format `flag_embedding`: queries with lists of positive and negative texts, as FlagEmbedding has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from store.examples import TripletContent
from tuner.data.formats.format import (
    SOLID,
    FormatError,
    Numbers,
    Optional,
    ReadExample,
    Row,
    Texts,
    absent,
    read_row,
    simple,
)  # fmt: skip
from tuner.data.record import Place, Record


class QueryRow(Row):
    """A query with its texts."""

    query: str = Field(pattern=SOLID)
    pos: Texts = Field(min_length=1)
    neg: Annotated[Texts | None, BeforeValidator(absent)] = None
    pos_scores: Numbers = None
    neg_scores: Numbers = None
    prompt: Optional = None


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row = read_row(QueryRow, record)
    negatives = row.neg or []
    positive_scores = _scores("pos_scores", row.pos_scores, len(row.pos), record.place)
    negative_scores = _scores("neg_scores", row.neg_scores, len(negatives), record.place)
    content = TripletContent(
        query=row.query,
        positives=row.pos,
        negatives=negatives,
        positive_scores=positive_scores,
        negative_scores=negative_scores,
        prompt=row.prompt,
    )
    return row.example(record.place, content)


def _scores(name: str, scores: list[float] | None, texts: int, place: Place) -> list[float] | None:
    if scores and len(scores) != texts:
        raise FormatError(place, f"{name} has {len(scores)} scores for {texts} texts")
    return scores or None


FLAG_EMBEDDING = simple(
    "flag_embedding",
    kind="triplets",
    keys='{"query": "…", "pos": ["…"], "neg": ["…"]}',
    own=frozenset({"query", "pos", "neg", "pos_scores", "neg_scores", "prompt", "type"}),
    detects=lambda record: record.has("query", "pos"),
    read=read,
)
