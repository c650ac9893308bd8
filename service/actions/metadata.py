"""Metadata of documents: the keys that there are, and editing those of many documents at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retriever.search.filters import Filter, attributes
from service.runtime import Runtime
from store.domains import Domain
from store.editing import MetadataKey, edit_metadata, metadata_keys
from store.json_values import JsonObject


@dataclass(frozen=True)
class Change:
    """Keys to set and keys to remove, in every document that passes the filter; None: in all of them."""

    condition: Filter | None
    given: JsonObject
    removed: Sequence[str]
    dry_run: bool


@dataclass(frozen=True)
class Changed:
    """How many documents passed the filter, and how many of them were changed, or would be in a dry run."""

    matched: int
    changed: int


def keys(runtime: Runtime, domain: Domain) -> list[MetadataKey]:
    """Return the keys of metadata in a domain, in alphabetical order."""
    return metadata_keys(runtime.store, domain.id)


def edit(runtime: Runtime, domain: Domain, change: Change) -> Changed:
    """Change the metadata of many documents in one transaction; searches see it at once."""
    condition = change.condition
    counts = edit_metadata(
        runtime.store,
        domain.id,
        lambda each: condition is None or condition.matches(attributes(each.metadata, each)),
        change.given,
        change.removed,
        dry_run=change.dry_run,
    )
    return Changed(*counts)
