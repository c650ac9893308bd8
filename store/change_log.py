"""How far the change log is, asked for several domains in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from store import schema
from store.database import Prepared
from store.json_sql import json_items
from store.store import Store

_NEWEST = Prepared(sa.select(sa.func.max(schema.changes.c.seq)))
_ASKED = json_items("domains")
_NEWEST_OF_EACH = Prepared(
    sa.select(
        _ASKED,
        sa.select(sa.func.max(schema.changes.c.seq))
        .where(schema.changes.c.domain_id == _ASKED)
        .correlate(_ASKED.table)
        .scalar_subquery(),
    )
)


def newest_seq(store: Store) -> int:
    """Return the sequence number of the newest change in any domain, 0 if there is none."""
    return store.database.fetch(_NEWEST)[0][0] or 0


def newest_seqs(store: Store, domain_ids: Sequence[str]) -> dict[str, int]:
    """Return what `last_seq` does, for several domains in one statement."""
    rows = store.database.fetch(_NEWEST_OF_EACH, domains=json.dumps(list(domain_ids)))
    return {domain_id: seq or 0 for domain_id, seq in rows}
