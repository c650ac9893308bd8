"""Deleting on a full disk: in small steps, each of which the reserved room is enough for.

A deletion writes every page that it changes a second time before the room of the first is free, so to delete a domain
in one transaction takes about as much room as the domain. On a full disk its bulk goes first, a few rows at a time, and
the log of the database is emptied between. Whoever is interrupted in this deletes again; the document says so.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import schema
from store.passage_writing import passage_ids, remove_passages
from store.store import Store

_ROWS = 40  # passages in one step: with their texts, vectors and entries in indexes at most 1 MB of changed pages
_INTERRUPTED = {"code": "deletion_interrupted", "message": "Its deletion was interrupted. Delete it again."}


def shrink_document(store: Store, domain_id: str, document_id: str) -> None:
    """Remove the bulk of a document that is about to be deleted, if the disk is full."""
    if not store.folder.space.is_low():
        return
    documents, versions = schema.documents, schema.versions
    with store.database.read() as connection:
        ids = passage_ids(connection, [document_id])
    for start in range(0, len(ids), _ROWS):
        with store.database.write(frees=True) as connection:
            mine = documents.update().where(documents.c.id == document_id)
            connection.execute(mine.values(status="failed", error=_INTERRUPTED))
            remove_passages(connection, domain_id, ids[start : start + _ROWS])
        store.database.empty_log()
    with store.database.write(frees=True) as connection:
        connection.execute(versions.update().where(versions.c.document_id == document_id).values(text=None))
    store.database.empty_log()


def shrink_dataset(store: Store, dataset_id: str) -> None:
    """Remove the bulk of a data set that is about to be deleted, if the disk is full."""
    examples = schema.examples
    _delete_in_steps(store, examples.c.number, examples.c.dataset_id == dataset_id)


def shrink_domain(store: Store, domain_id: str) -> None:
    """Remove the bulk of a domain that is about to be deleted, if the disk is full."""
    if not store.folder.space.is_low():
        return
    with store.database.read() as connection:
        documents = sa.select(schema.documents.c.id).where(schema.documents.c.domain_id == domain_id)
        document_ids = connection.scalars(documents).all()
        datasets = sa.select(schema.datasets.c.id).where(schema.datasets.c.domain_id == domain_id)
        dataset_ids = connection.scalars(datasets).all()
    for document_id in document_ids:
        shrink_document(store, domain_id, document_id)
    for dataset_id in dataset_ids:
        shrink_dataset(store, dataset_id)
    _delete_in_steps(store, schema.changes.c.seq, schema.changes.c.domain_id == domain_id)
    _delete_in_steps(store, schema.evaluations.c.number, schema.evaluations.c.domain_id == domain_id)


def _delete_in_steps(store: Store, key: sa.Column[int], condition: sa.ColumnElement[bool]) -> None:
    while store.folder.space.is_low():
        some = sa.select(key).where(condition).limit(_ROWS)
        with store.database.write(frees=True) as connection:
            gone = connection.execute(sa.delete(key.table).where(key.in_(some))).rowcount
        store.database.empty_log()
        if not gone:
            return
