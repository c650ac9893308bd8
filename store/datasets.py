"""Data sets of examples, with the documents each example came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import sqlalchemy as sa

from store import schema
from store.document_rows import missing_documents
from store.erasure import finish_deletion
from store.errors import ConflictError, NotFoundError
from store.examples import Content, read_content
from store.fingerprints import Fingerprint, read_salt
from store.ids import canonical_json, new_id, sha256
from store.shrinking import shrink_dataset
from store.store import Store, now

Span = tuple[int, int]
Review = Literal["draft", "kept", "edited"]


@dataclass(frozen=True)
class Example:
    """One example; `documents` maps the ids of the documents it came from to their versions.

    `spans` says for some of the documents where in that version the answer stands: characters `[start, end)` of its
    text. `review` is None for an example that people wrote; one that was drafted is a `draft` until somebody has looked
    at it, and then `kept` or `edited`. `content` is None once a document of it was deleted. `fingerprint` tells what it
    asks and is there for stored examples that ask something, also when their text is gone.
    """

    key: str
    split: str
    content: Content | None
    documents: Mapping[str, int]
    flag: str | None = None
    spans: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    review: Review | None = None
    fingerprint: Fingerprint | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Dataset:
    """A data set with its counts; `tainted` and `outdated` count examples that are no longer used.

    `drafts` counts those that were drafted and that nobody has looked at yet. `warnings` are sentences about what its
    import found.
    """

    id: str
    domain_id: str
    name: str
    kind: str
    origin: str
    splits: dict[str, int]
    tainted: int
    outdated: int
    drafts: int
    warnings: list[str]
    created_at: int


def create_dataset(
    store: Store,
    domain_id: str,
    name: str,
    kind: str,
    origin: str,
    examples: Sequence[Example],
    warnings: Sequence[str] = (),
) -> Dataset:
    """Store a data set in one transaction; `ConflictError` if the domain has one of that name.

    An example whose document does not exist (any more) is stored tainted, without its text.
    """
    dataset_id = new_id("ds")
    store.folder.space.require(0)
    table = schema.datasets
    with store.database.write() as connection:
        if connection.scalar(sa.select(table.c.id).where(table.c.domain_id == domain_id, table.c.name == name)):
            raise ConflictError(f"The data set {name!r} exists already.", code="dataset_exists", param="name")
        values = {"id": dataset_id, "domain_id": domain_id, "name": name, "kind": kind, "origin": origin}
        connection.execute(table.insert().values(**values, warnings=list(warnings), created_at=now()))
        salt = read_salt(connection)
        gone = missing_documents(connection, {document for example in examples for document in example.documents})
        for example in examples:
            taken = bool(gone & set(example.documents))  # deleted since the examples were written
            asked = example.content.asked() if example.content else None
            insert = (
                schema.examples.insert()
                .values(
                    dataset_id=dataset_id,
                    key=example.key,
                    split=example.split,
                    content=example.content.as_json() if example.content and not taken else {},
                    fingerprint=Fingerprint.of(salt, *asked).as_json() if asked else None,
                    flag="tainted" if taken else None,
                    review=example.review,
                )
                .returning(schema.examples.c.number)
            )
            number = connection.execute(insert).scalar_one()
            pairs = [_pair(number, example, document) for document in example.documents]
            if pairs:
                connection.execute(schema.example_documents.insert(), pairs)
    return get_dataset(store, domain_id, dataset_id)


def _pair(number: int, example: Example, document: str) -> dict[str, object]:
    spans = [list(span) for span in example.spans.get(document, ())]
    version = example.documents[document]
    return {"example_number": number, "document_id": document, "version": version, "spans": spans or None}


def get_dataset(store: Store, domain_id: str, name_or_id: str) -> Dataset:
    """Return the data set of that id or name, or raise `NotFoundError`."""
    for dataset in list_datasets(store, domain_id):
        if name_or_id in (dataset.id, dataset.name):
            return dataset
    raise NotFoundError(f"There is no data set {name_or_id[:80]!r} in this domain.", code="dataset_not_found")


def has_dataset(store: Store, dataset_id: str) -> bool:
    """Return whether there is a data set of that id, in any domain."""
    with store.database.read() as connection:
        found = connection.scalar(sa.select(schema.datasets.c.id).where(schema.datasets.c.id == dataset_id))
    return found is not None


def list_datasets(store: Store, domain_id: str) -> list[Dataset]:
    """Return the data sets of a domain, newest first."""
    table, examples = schema.datasets, schema.examples.c
    columns = [column for column in table.c if column.name != "number"]
    statement = sa.select(*columns).where(table.c.domain_id == domain_id).order_by(table.c.number.desc())
    which = (examples.dataset_id, examples.split, examples.flag, examples.review)
    counted = sa.select(*which, sa.func.count().label("count"))
    with store.database.read() as connection:
        rows = connection.execute(statement).mappings().all()
        counts = connection.execute(counted.group_by(*which)).all()
    found = []
    for row in rows:
        mine = [count for count in counts if count.dataset_id == row["id"]]
        splits: dict[str, int] = {}
        for count in mine:
            splits[count.split] = splits.get(count.split, 0) + count[4]
        flagged = {flag: sum(count[4] for count in mine if count.flag == flag) for flag in ("tainted", "outdated")}
        drafts = sum(count[4] for count in mine if count.review == "draft" and count.flag is None)
        found.append(Dataset(**row, splits=splits, **flagged, drafts=drafts))
    return found


def usable_examples(store: Store, dataset_id: str, split: str) -> list[Example]:
    """Return the examples of a split whose documents are neither deleted nor replaced, in their order of import."""
    return [example for example in list_examples(store, dataset_id) if example.split == split and example.flag is None]


def list_examples(store: Store, dataset_id: str) -> list[Example]:
    """Return all examples, in their order of import; a tainted one has no content, since its document was deleted."""
    table, pairs, datasets = schema.examples, schema.example_documents, schema.datasets.c
    statement = (
        sa.select(table, datasets.kind)
        .join(schema.datasets, datasets.id == table.c.dataset_id)
        .where(table.c.dataset_id == dataset_id)
        .order_by(table.c.number)
    )
    sources = sa.select(pairs).where(
        pairs.c.example_number.in_(sa.select(table.c.number).where(table.c.dataset_id == dataset_id))
    )
    with store.database.read() as connection:
        rows = connection.execute(statement).all()
        documents: dict[int, dict[str, int]] = {}
        spans: dict[int, dict[str, list[Span]]] = {}
        for number, document_id, version, places in connection.execute(sources):
            documents.setdefault(number, {})[document_id] = version
            if places:
                spans.setdefault(number, {})[document_id] = [(start, end) for start, end in places]
    return [
        Example(
            row.key,
            row.split,
            read_content(row.kind, row.key, row.content),
            documents.get(row.number, {}),
            row.flag,
            spans.get(row.number, {}),
            cast("Review | None", row.review),
            Fingerprint.from_json(row.fingerprint),
        )
        for row in rows
    ]


def delete_dataset(store: Store, domain_id: str, name_or_id: str) -> Dataset:
    """Delete a data set and return what it was."""
    dataset = get_dataset(store, domain_id, name_or_id)
    shrink_dataset(store, dataset.id)
    with store.database.write(frees=True) as connection:
        connection.execute(schema.datasets.delete().where(schema.datasets.c.id == dataset.id))
    finish_deletion(store)
    return dataset


def hash_examples(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of what was learned from or measured on, for lineage and reports.

    Of documents only the versions count: their ids are random, and the same file gives the same hash everywhere.
    """
    rows = [
        {"key": e.key, "content": e.content.as_json() if e.content else {}, "versions": sorted(e.documents.values())}
        for e in examples
    ]
    return sha256(canonical_json(rows))
