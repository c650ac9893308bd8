"""The format `llama_index`: one object of queries, corpus, and which texts are relevant to which query."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from store.examples import Relevant, RetrievalContent
from tuner.data.formats.format import Format, Found, ReadExample, Row, read_row
from tuner.data.record import Problem, Record


class PairsRow(Row):
    """The whole of a file; `mode` says what the corpus holds, and there is only `text`."""

    queries: dict[str, str] = Field(min_length=1)
    corpus: dict[str, str]
    relevant_docs: dict[str, list[str]]


def read(record: Record, problems: list[Problem]) -> Iterator[ReadExample]:
    """Yield the examples of a record; what is wrong with a query is appended to the problems."""
    row = read_row(PairsRow, record)
    for key, query in row.queries.items():
        place = record.place.within("queries", key)
        relevant = row.relevant_docs.get(key, [])
        missing = [each for each in relevant if each not in row.corpus]
        if not query.strip():
            problems.append(Problem(place, "the query is empty"))
        elif not relevant:
            problems.append(Problem(place, f"relevant_docs names no text for the query {key!r}"))
        elif missing:
            problems.append(Problem(place, f"the corpus has no text {missing[0]!r}"))
        else:
            content = RetrievalContent(
                query=query, relevant=[Relevant(id=each, text=row.corpus[each]) for each in dict.fromkeys(relevant)]
            )
            sources = tuple(Found(row.corpus[each], each) for each in relevant)
            yield ReadExample(place, key, content, tuple(row.documents), row.split, sources)


LLAMA_INDEX = Format(
    "llama_index",
    kind="retrieval",
    keys='{"queries": {"q1": "…"}, "corpus": {"c1": "…"}, "relevant_docs": {"q1": ["c1"]}}',
    fields=frozenset({"queries", "corpus", "relevant_docs", "mode", "split"}),
    detects=lambda record: record.has("queries", "corpus", "relevant_docs"),
    read=read,
)
