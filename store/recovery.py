"""What the owner of a data folder does at its start, so that what a crash left behind does no harm.

Only under the lock, and before the owner's own worker runs: then nobody else writes blobs or artifacts.
"""

from __future__ import annotations

from store.aside import tidy
from store.attempts import recover_jobs
from store.erasure import erase_deleted
from store.removals import carry_out_removals
from store.store import Store


def recover(store: Store) -> None:
    """Take back the jobs of whoever owned the folder before, finish its deletions, and move aside what no row names."""
    recover_jobs(store)
    carry_out_removals(store)
    tidy(store)
    erase_deleted(store, at_start=True)
