"""What was deleted is gone from the files of the database too, not only from its tables.

SQLite overwrites what is deleted (`secure_delete`), but its write-ahead log still has the pages of before until it is
emptied, which is done after each deletion, unless a reader holds it: then after the next, or at the end. A deletion on
a full disk does not overwrite, and neither did earlier versions of Tandem; the file is then written anew once there is
room. The blocks that the file system or a backup keeps are out of reach.
"""

from __future__ import annotations

import logging

from store.errors import NotReadyError, StorageFullError
from store.removals import carry_out_removals
from store.store import Store, get_property, set_property

_AT_ONCE = 64 << 20  # bytes of live pages that are written anew while somebody waits
_LOG = logging.getLogger("tandem")


def finish_deletion(store: Store) -> None:
    """Remove the files of what was deleted, and what is left of it in the database."""
    carry_out_removals(store)
    erase_deleted(store)


def erase_deleted(store: Store, *, at_start: bool = False) -> None:
    """Take what was deleted out of the files of the database, as far as that can be done now."""
    if at_start or store.database.space.is_low() or _is_due(store):
        _write_anew(store, at_start=at_start)
    store.database.empty_log()
    if not at_start:
        store.database.space.make_ballast(of_the_rest=True)


def _write_anew(store: Store, *, at_start: bool) -> None:
    """Write the database anew if it holds what was deleted, or on a full disk mostly free pages, and there is room."""
    database = store.database
    live, free = database.backend.sizes()
    if not (_is_due(store) or (database.space.is_low() and free > live)) or (live > _AT_ONCE and not at_start):
        return
    with database.space.reserved_room():
        if database.space.free() < live + live // 8:
            if at_start:
                _LOG.warning(
                    "deleted text stays in free pages of the database until %d bytes are free on its disk", live
                )
            return
        try:
            database.backend.write_anew()
            database.empty_log()
            with database.write() as connection:
                set_property(connection, "erase", "done")
        except (NotReadyError, StorageFullError) as error:  # a reader, or less room than it seemed: another time
            _LOG.warning("deleted text stays in free pages of the database for now: %s", error.message)


def _is_due(store: Store) -> bool:
    with store.database.read() as connection:
        return get_property(connection, "erase") != "done"
