"""What the evidence weights of releases were fitted to, so that nobody measures them on the same questions.

A calibration is found by its weights: whatever else changes from release to release, they go along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.ids import canonical_json, sha256
from store.store import Store, now


@dataclass(frozen=True)
class Seen:
    """The questions of a calibration by the numbers of their fingerprints, and the ids of their documents."""

    questions: frozenset[int]
    documents: frozenset[str]


def record_calibration(
    store: Store, domain_id: str, weights: Mapping[str, float], seen: Seen, about: Mapping[str, object]
) -> None:
    """Note what these weights were fitted to; `about` says which data set it was and how well the fit does."""
    values = {"domain_id": domain_id, "weights": _key(weights), "about": dict(about), "created_at": now()}
    asked = {"questions": sorted(seen.questions), "documents": sorted(seen.documents)}
    with store.database.write() as connection:
        connection.execute(schema.calibrations.insert().values(**values, **asked))


def calibrated_on(store: Store, domain_id: str, weights: Mapping[str, float]) -> Seen:
    """Return all that these weights were fitted to in this domain; nothing if they come from elsewhere."""
    table = schema.calibrations.c
    statement = sa.select(table.questions, table.documents).where(
        table.domain_id == domain_id, table.weights == _key(weights)
    )
    questions: set[int] = set()
    documents: set[str] = set()
    with store.database.read() as connection:
        for row in connection.execute(statement):
            questions |= set(row.questions)
            documents |= set(row.documents)
    return Seen(frozenset(questions), frozenset(documents))


def _key(weights: Mapping[str, float]) -> str:
    return sha256(canonical_json(dict(weights)))
