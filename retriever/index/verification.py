"""Whether a data folder is sound: the store, and the checkpoints of its indexes against it, in one snapshot."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from retriever.index.domain_index import View, open_index
from store import schema
from store.awaited import awaiting_texts
from store.checkpoints import Checkpoint
from store.errors import DamagedError
from store.folder import check_published
from store.frozen import frozen, open_frozen
from store.passages import live_texts
from store.store import Store
from store.verify import confirmed, verify_store


def verify_index(store: Store, view: View) -> list[str]:
    """Return a sentence for every difference between the index, loaded as a server would, and the database."""
    with frozen(store) as still, open_index(still, view, checkpoint_every=1_000_000_000) as index:
        expected = live_texts(still, view.domain_id, view.passage_set, view.space_id)
        snapshot = index.snapshot
        problems = []
        if snapshot.seq != expected.seq:
            problems.append(f"index of {view.domain_id}: is at change {snapshot.seq}, the log at {expected.seq}")
        live = live_texts(still, view.domain_id, view.passage_set).live
        by_words = expected.live | awaiting_texts(still, live, view.space_id)
        for name, ids, wanted in (
            ("dense", snapshot.dense.ids(), expected.live),
            ("lexical", snapshot.lexical.ids(), by_words),
        ):
            if ids != wanted:
                problems.append(f"index of {view.domain_id}: {name} has {len(ids)} texts, live are {len(wanted)}")
    return problems


def verify_folder(root: Path) -> list[str]:
    """Return a sentence for everything that is wrong with a data folder, of which nothing is written."""
    try:
        with open_frozen(root) as store:
            return verify_store(store) + verify_indexes(store)
    except DamagedError as error:
        return [f"database: {error.message}"]


def verify_indexes(store: Store) -> list[str]:
    """Return a sentence for every checkpoint of an index that is damaged or does not show what the database has."""
    with frozen(store) as still:
        with still.database.read() as connection:
            rows = connection.execute(sa.select(schema.checkpoints)).mappings().all()
        return [problem for row in rows for problem in _checkpoint_problems(still, Checkpoint(**row))]


def _checkpoint_problems(store: Store, checkpoint: Checkpoint) -> list[str]:
    try:
        check_published(checkpoint.path(store), checkpoint.sha256)
    except DamagedError as error:
        named = sa.select(schema.checkpoints.c.name).where(schema.checkpoints.c.name == checkpoint.name)
        problem = f"index of {checkpoint.domain_id}: {error.message} The next start builds it anew."
        return list(confirmed(store, problem, named))
    passage_set, _, space_id = checkpoint.view.partition("/")
    vectors = schema.vectors.c
    with store.database.read() as connection:
        data = connection.scalar(sa.select(vectors.data).where(vectors.space_id == space_id).limit(1))
    view = View(checkpoint.domain_id, passage_set, space_id, len(data) // 2 if data else 1)
    return verify_index(store, view) if data else []
