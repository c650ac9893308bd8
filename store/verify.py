"""The invariants of the store, checked on the data itself: the users' fsck and the oracle of the crash tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from store import schema
from store.domains import list_domains
from store.errors import DamagedError, FolderError
from store.folder import check_published, file_sha256
from store.frozen import frozen, open_frozen
from store.ids import hashed_id, sha256
from store.json_values import Json
from store.layout import read_layout
from store.store import Store
from store.vectors import is_sound


def verify_store(store: Store) -> list[str]:
    """Return a sentence for every violated invariant, none if the store is sound.

    All checks see one snapshot of the database, so that nothing is wrong only because somebody writes meanwhile.
    """
    checks: tuple[Callable[[Store], Iterator[str]], ...] = (
        _database_is_whole,
        _originals_exist,
        _passages_match_their_text,
        _texts_are_owned_and_embedded,
        _log_equals_passages,
        _releases_are_sound,
        _releases_name_their_models,
        _artifacts_are_whole,
    )
    with frozen(store) as still:
        return [problem for check in checks for problem in _found(check, still)]


def _found(check: Callable[[Store], Iterator[str]], store: Store) -> Iterator[str]:
    """Yield what a check finds; a database that cannot be read is what it found."""
    try:
        yield from check(store)
    except (DamagedError, DatabaseError) as error:
        reason = error.message if isinstance(error, DamagedError) else str(error.orig)
        yield f"database: {check.__name__.strip('_').replace('_', ' ')} could not be checked: {reason}"


def confirmed(store: Store, problem: str, named: sa.Executable) -> Iterator[str]:
    """Yield a problem with a file of the snapshot's, unless its row, which `named` selects, was deleted meanwhile."""
    try:
        with open_frozen(store.folder.root) as present, present.database.read() as connection:
            if connection.execute(named).first() is None:
                return
    except (DamagedError, FolderError):  # it is said elsewhere
        pass
    yield problem


def _database_is_whole(store: Store) -> Iterator[str]:
    for fault in store.database.backend.faults():
        yield f"database: {fault}"


def _originals_exist(store: Store) -> Iterator[str]:
    table = schema.versions.c
    with store.database.read() as connection:
        rows = connection.execute(sa.select(table.document_id, table.version, table.sha256)).all()
    for document_id, version, digest in rows:
        named = sa.select(table.sha256).where(table.document_id == document_id, table.version == version)
        try:
            whole = file_sha256(store.folder.blob(digest)) == digest
        except OSError:
            yield from confirmed(store, f"{document_id} version {version}: the original {digest} is missing", named)
            continue
        if not whole:
            yield f"{document_id} version {version}: the original does not have the SHA-256 {digest}"


def _passages_match_their_text(store: Store) -> Iterator[str]:
    documents, versions, passages = schema.documents.c, schema.versions.c, schema.passages.c
    with store.database.read() as connection:
        rows = connection.execute(
            sa.select(
                passages.id, passages.version, passages.start, passages.end, passages.text, passages.heading,
                passages.layout, documents.searchable_version, versions.text.label("whole"), schema.texts.c.content,
            )
            .outerjoin(schema.documents, documents.id == passages.document_id)
            .outerjoin(
                schema.versions,
                sa.and_(versions.document_id == passages.document_id, versions.version == passages.version),
            )
            .outerjoin(schema.texts, schema.texts.c.id == passages.text_id)
        ).all()  # fmt: skip
        statement = sa.select(documents.id).where(documents.status == "searchable", documents.version > 0)
        stale = statement.where(documents.searchable_version != documents.version)
        for document_id in connection.scalars(stale):
            yield f"{document_id}: is called searchable, but its newest version is not"
    for row in rows:
        if row.searchable_version != row.version:
            yield f"{row.id}: belongs to version {row.version}, searchable is {row.searchable_version}"
        if row.whole is None or row.whole[row.start : row.end] != row.text:
            yield f"{row.id}: its text is not what the document has at [{row.start}, {row.end})"
        if row.layout is not None:
            yield from _layout_faults(row)
        elif row.content != (f"{row.heading}\n{row.text}" if row.heading else row.text):
            yield f"{row.id}: what is indexed for it is not its heading and text"


def _layout_faults(row: Any) -> Iterator[str]:
    """Yield what is wrong between a passage, its content and its layout."""
    try:
        layout = read_layout(row.layout, row.start, row.text)
    except (ValueError, IndexError, TypeError) as error:
        yield f"{row.id}: its layout cannot be read: {error}"
        return
    content, whole = row.content or "", row.whole or ""
    if row.heading and not content.startswith(f"{row.heading}\n"):
        yield f"{row.id}: what is indexed for it does not begin with its heading"
    for span in layout.context:
        if whole[span.start : span.end] != span.quote:
            yield f"{row.id}: its context is not what the document has at [{span.start}, {span.end})"
    end = row.start
    for each in layout.statements:
        if not (end <= each.start < each.end <= row.end and 0 <= each.shown_start < each.shown_end <= len(content)):
            yield f"{row.id}: the statement at [{each.start}, {each.end}) is not in the passage, or not in its place"
        end = each.end


def _texts_are_owned_and_embedded(store: Store) -> Iterator[str]:
    texts, passages, vectors = schema.texts.c, schema.passages.c, schema.vectors.c
    awaited = schema.awaited_vectors.c
    owned = sa.select(passages.id).where(passages.text_id == texts.id).exists()
    embedded = sa.select(vectors.text_id).where(vectors.text_id == texts.id).exists()
    awaiting = sa.select(awaited.text_id).where(awaited.text_id == texts.id).exists()
    there = sa.and_(vectors.text_id == awaited.text_id, vectors.space_id == awaited.space_id)
    with store.database.read() as connection:
        for text_id in connection.scalars(sa.select(texts.id).where(~owned)):
            yield f"text {text_id}: no passage owns it"
        for text_id in connection.scalars(sa.select(texts.id).where(~embedded, ~awaiting)):
            yield f"text {text_id}: has no vector, and awaits none"
        settled = sa.select(awaited.text_id).join_from(schema.awaited_vectors, schema.vectors, there)
        for text_id in connection.scalars(settled):
            yield f"text {text_id}: awaits a vector that it has"
        for row in connection.execute(sa.select(vectors.text_id, vectors.space_id, vectors.data)):
            if not is_sound(row.data):
                yield f"text {row.text_id}: its vector in {row.space_id} is not finite: delete and ingest its document"
        for row in connection.execute(sa.select(texts.id, texts.sha256, texts.content)):
            if sha256(row.content) != row.sha256:
                yield f"text {row.id}: does not have the SHA-256 {row.sha256}"


def _log_equals_passages(store: Store) -> Iterator[str]:
    changes, passages = schema.changes.c, schema.passages.c
    with store.database.read() as connection:
        log = connection.execute(sa.select(changes.kind, changes.passage_id).order_by(changes.seq)).all()
        stored = set(connection.scalars(sa.select(passages.id)))
    replayed: set[str] = set()
    for kind, passage_id in log:
        if (passage_id in replayed) == (kind == "add"):
            yield f"{passage_id}: the change log has an unexpected {kind}"
        if kind != "vector":
            replayed ^= {passage_id}
    for passage_id in sorted(replayed ^ stored):
        yield f"{passage_id}: is in the {'change log' if passage_id in replayed else 'passages'} only"


def _releases_are_sound(store: Store) -> Iterator[str]:
    with store.database.read() as connection:
        rows = {row.id: row for row in connection.execute(sa.select(schema.releases))}
        registered = set(connection.scalars(sa.select(schema.models.c.id)))
        models = _models_by_release(connection)
        newest = (
            sa.select(schema.promotions.c.domain_id, schema.promotions.c.release_id)
            .order_by(schema.promotions.c.seq)
        )  # fmt: skip
        promoted = {row.domain_id: row.release_id for row in connection.execute(newest)}
    for row in rows.values():
        if row.id != hashed_id("rel", {"domain": row.domain_id, "manifest": row.manifest}):
            yield f"{row.id}: its manifest does not have the hash that is its id"
    for domain in list_domains(store):
        active = rows.get(domain.release)
        if active is None or active.domain_id != domain.id:
            yield f"domain {domain.name}: points to the release {domain.release}, which is not one of its own"
            continue
        if promoted.get(domain.id) != domain.release:
            yield f"domain {domain.name}: its pointer is not what was promoted last"
        for role, model in models.get(domain.release, {}).items():
            if model not in registered:
                name = role.replace("_", " ")
                yield f"domain {domain.name}: the {name} {model} of its release is not registered"


def _releases_name_their_models(store: Store) -> Iterator[str]:
    """Manifests and the models by role agree, whatever the parts of a manifest are called."""
    with store.database.read() as connection:
        releases = connection.execute(sa.select(schema.releases.c.id, schema.releases.c.manifest)).all()
        domains = schema.models.c.domain_id  # a configured base model has none, and no role
        registered = set(connection.scalars(sa.select(schema.models.c.id).where(domains.is_not(None))))
        models = _models_by_release(connection)
    for release_id, manifest in releases:
        named, noted = set(_strings(manifest)), models.get(release_id, {})
        for role, model in noted.items():
            if model not in named:
                yield f"{release_id}: its {role.replace('_', ' ')} {model} is not in its manifest"
        for model in sorted(named & registered - set(noted.values())):
            yield f"{release_id}: the model {model} in its manifest has no role"


def _models_by_release(connection: sa.Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(sa.select(schema.release_models)):
        found.setdefault(row.release_id, {})[row.role] = row.model_id
    return found


def _strings(content: Json) -> Iterator[str]:
    """Yield every text in a value of JSON, but the names of fields."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | dict):
        for each in content.values() if isinstance(content, dict) else content:
            yield from _strings(each)


def _artifacts_are_whole(store: Store) -> Iterator[str]:
    table = schema.models.c
    with store.database.read() as connection:
        rows = connection.execute(
            sa.select(table.id, table.path, table.sha256).where(table.domain_id.is_not(None))
        ).all()
    for model_id, path, digest in rows:
        try:
            check_published(store.folder.root / path, digest)
        except DamagedError as error:
            yield from confirmed(store, f"{model_id}: {error.message}", sa.select(table.id).where(table.id == model_id))
