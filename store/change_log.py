"""How far the change log is, asked for several domains in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from store import schema
from store.database import Prepared
from store.store import Store

_NEWEST = Prepared.of(sa.select(sa.func.max(schema.changes.c.seq)))
_ASKED = sa.func.json_each(sa.bindparam("domains", type_=sa.String)).table_valued("value")
_NEWEST_OF_EACH = Prepared.of(
    sa.select(
        _ASKED.c.value,
        sa.select(sa.func.max(schema.changes.c.seq))
        .where(schema.changes.c.domain_id == _ASKED.c.value)
        .correlate(_ASKED)
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
