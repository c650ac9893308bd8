"""The export `beir`: a corpus, queries and qrels, which retrieval is measured with everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from store.datasets import Example
from store.errors import UnprocessableError
from store.examples import QuestionContent, RetrievalContent, TripletContent
from store.ids import sha256
from store.json_values import Json
from tuner.data.exports.export import Asked, Export, json_lines


@dataclass
class _Folder:
    corpus: dict[str, dict[str, Json]] = field(default_factory=dict)
    queries: list[dict[str, Json]] = field(default_factory=list)
    qrels: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)


def write(asked: Asked) -> Mapping[str, bytes]:
    """Return the files of the folder. Documents of examples are its corpus, and texts that only the data set has."""
    folder = _Folder()
    for example in asked.examples:
        query = _query(example)
        relevant = dict.fromkeys(_relevant(asked, example, folder)) if query else {}
        if query and relevant:
            folder.queries.append({"_id": example.key, "text": query})
            mine = folder.qrels.setdefault(example.split, [])
            mine += [(example.key, text, grade) for text, grade in relevant]
    if not folder.queries:
        raise UnprocessableError(
            f"No example of {asked.dataset.name} names a document or a text, so there is nothing to retrieve.",
            code="nothing_to_export",
        )
    _check_names(folder)
    files = {"corpus.jsonl": json_lines(folder.corpus.values()), "queries.jsonl": json_lines(folder.queries)}
    for split, rows in sorted(folder.qrels.items()):
        lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{text}\t{grade}" for query, text, grade in rows)]
        files[f"qrels/{split}.tsv"] = ("\n".join(lines) + "\n").encode()
    return files


def _query(example: Example) -> str:
    content = example.content
    if isinstance(content, QuestionContent):
        return content.question if content.answers else ""
    return content.query if isinstance(content, TripletContent | RetrievalContent) else ""


def _relevant(asked: Asked, example: Example, folder: _Folder) -> Iterator[tuple[str, int]]:
    """Yield the names and grades of what is relevant to an example, and see to it that the corpus holds it."""
    grades: dict[str, int] = {}
    if isinstance(example.content, RetrievalContent):
        grades = {each.id: each.grade for each in example.content.relevant}
        for each in example.content.relevant:
            if each.text is not None:
                _put(folder, each.id, each.title or "", each.text)
                yield each.id, each.grade
    elif isinstance(example.content, TripletContent):
        for text in [*example.content.positives, *example.content.negatives]:
            _put(folder, f"text-{sha256(text)[:20]}", "", text)
        yield from ((f"text-{sha256(text)[:20]}", 1) for text in example.content.positives)
    for document_id, version in example.documents.items():
        document = asked.document(document_id)
        if document is not None:
            if document.external_id not in folder.corpus:
                _put(folder, document.external_id, document.title, asked.text(document_id, version))
            yield document.external_id, grades.get(document.external_id, 1)


def _put(folder: _Folder, name: str, title: str, text: str) -> None:
    folder.corpus.setdefault(name, {"_id": name, "title": title, "text": text})


def _check_names(folder: _Folder) -> None:
    """Raise `UnprocessableError` where a name would break the table of qrels."""
    for name in [*folder.corpus, *(str(each["_id"]) for each in folder.queries)]:
        if any(sign in name for sign in "\t\n\r"):
            raise UnprocessableError(
                f"The name {name[:80]!r} has a tab or an end of line, which BEIR's tables cannot hold.",
                code="nothing_to_export",
            )


BEIR = Export("beir", kinds=frozenset({"qa", "retrieval", "triplets"}), write=write)
