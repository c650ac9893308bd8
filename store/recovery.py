"""What the owner of a data folder does at its start, so that nothing a crash left behind stays.

Only under the lock, and before the owner's own worker runs: then nobody else writes blobs or artifacts, and what no
row names is litter. Most of it is harmless, but the original of a deleted document is not: it must be gone.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import schema
from store.checkpoints import collect_checkpoints
from store.documents import collect_blobs
from store.jobs import recover_jobs
from store.store import Store


def recover(store: Store) -> None:
    """Take back the jobs of whoever owned the folder before, and remove files that no row names."""
    recover_jobs(store)
    collect_checkpoints(store)
    collect_artifacts(store)
    collect_blobs(store, {path.name for path in (store.folder.root / "blobs").glob("??/*")})


def collect_artifacts(store: Store) -> list[str]:
    """Remove artifact folders that no model names and return their names."""
    with store.database.write() as connection:
        named = set(connection.scalars(sa.select(schema.models.c.path)))
        litter = [path for path in store.folder.artifacts.iterdir() if f"artifacts/{path.name}" not in named]
        for path in litter:
            store.folder.remove_artifact(path)
    return [path.name for path in litter]
