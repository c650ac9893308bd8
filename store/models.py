"""The registry of models and what they learned from.

An artifact's folder is published first and its row written second, in a transaction that also checks that the job
still owns its lease. A row therefore always names a whole folder, and a job leaves at most one model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import sqlalchemy as sa

from store import schema
from store.database import batches
from store.erasure import finish_deletion
from store.errors import ConflictError, NotFoundError
from store.fingerprints import Fingerprint
from store.folder import check_published
from store.ids import new_id, sha256
from store.jobs import Lease, check_lease
from store.lineage import Lineage
from store.release_models import is_used
from store.releases import promotion_stack
from store.removals import note_removals
from store.store import Store, now

Flag = Literal["tainted", "outdated"]
Metrics: TypeAlias = Mapping[str, int | float | None]  # of a training, by name; None where it could not be measured


@dataclass(frozen=True)
class Model:
    """A registered model. `lineage` says what it was made from; `path` is its folder."""

    id: str
    kind: str
    domain_id: str | None
    base: str | None
    parent: str | None
    job_id: str | None
    state: str
    flags: list[str]
    lineage: Lineage
    metrics: Metrics
    path: str
    sha256: str
    created_at: int


@dataclass(frozen=True)
class NewModel:
    """What a tuning job registers beside the files themselves; `documents` are those it learned from, with version.

    `questions` are those it learned to answer: the name of the data set and the key, with the fingerprint.
    """

    kind: str
    domain_id: str
    base: str
    lineage: Lineage
    metrics: Metrics
    documents: Mapping[str, int]
    questions: Sequence[tuple[str, Fingerprint]] = ()


def publish_model(store: Store, lease: Lease, model: NewModel, fill: Callable[[Path], None]) -> Model:
    """Publish the folder that `fill` writes and register it as a candidate.

    A document that was deleted or replaced while the job ran flags the model at once. Raises `ConflictError` if the
    job lost its lease or has published already.
    """
    model_id = new_id("mdl")
    target = store.folder.artifacts / model_id
    about = {"id": model_id, "kind": model.kind, "base": model.base, "lineage": model.lineage.as_json()}
    digest = store.folder.publish(target, fill, about)
    values = {"id": model_id, "path": str(target.relative_to(store.folder.root)), "sha256": digest}
    try:
        _register(store, lease, model, values)
    except ConflictError:
        store.folder.remove_published(target)
        raise
    return get_model(store, model_id)


def register_base(store: Store, folder: Path, digest: str, lineage: Lineage) -> Model:
    """Register a base model that the operator configured, by the hash of its files; a known one is returned.

    Of a known one, place and lineage become the given ones.
    """
    table = schema.models
    with store.database.write() as connection:
        known = connection.scalar(sa.select(table.c.id).where(table.c.kind == "base", table.c.sha256 == digest))
        if known is None:
            known = "mdl_" + sha256(digest)[:20]
            values = {"id": known, "kind": "base", "state": "released", "flags": [], "metrics": {}}
            place = {"path": str(folder), "sha256": digest, "lineage": lineage.as_json(), "created_at": now()}
            connection.execute(table.insert().values(**values, **place))
        else:
            same = table.update().where(table.c.id == known)
            connection.execute(same.values(path=str(folder), lineage=lineage.as_json()))
    return get_model(store, known)


def get_model(store: Store, model_id: str) -> Model:
    """Return the model or raise `NotFoundError`."""
    for model in _select(store, schema.models.c.id == model_id):
        return model
    raise NotFoundError(f"There is no model {model_id[:80]!r}.", code="model_not_found", param="model")


def list_models(store: Store, domain_id: str | None = None, kind: str | None = None) -> list[Model]:
    """Return models, newest first; of one domain and kind if given."""
    table = schema.models.c
    conditions = [column == value for column, value in ((table.domain_id, domain_id), (table.kind, kind)) if value]
    return _select(store, *conditions)


def model_of_job(store: Store, job_id: str) -> Model | None:
    """Return the model that a job has published, if it has: it may have died before it could say so."""
    return next(iter(_select(store, schema.models.c.job_id == job_id)), None)


def model_folder(store: Store, model: Model) -> Path:
    """Return the folder of a published artifact after checking every file against its hash."""
    folder = store.folder.root / model.path
    check_published(folder, model.sha256)
    return folder


def learned_documents(store: Store, model_id: str) -> dict[str, int]:
    """Return the ids and versions of the documents that a model learned from, deleted ones included."""
    table = schema.model_documents.c
    with store.database.read() as connection:
        rows = connection.execute(sa.select(table.document_id, table.version).where(table.model_id == model_id))
        return {row.document_id: row.version for row in rows}


def learned_questions(store: Store, model_id: str) -> list[tuple[str, Fingerprint]]:
    """Return what a model and those it was made from were asked in training, with where it stood; [] if not known."""
    table, found = schema.model_questions.c, []
    ancestor: str | None = model_id
    with store.database.read() as connection:
        while ancestor is not None:
            statement = sa.select(table.example, table.fingerprint).where(table.model_id == ancestor)
            for example, stored in connection.execute(statement.order_by(table.number)):
                fingerprint = Fingerprint.from_json(stored)
                found += [(example, fingerprint)] if fingerprint else []
            ancestor = connection.scalar(sa.select(schema.models.c.parent).where(schema.models.c.id == ancestor))
    return found


def delete_model(store: Store, model_id: str) -> None:
    """Delete a model; `ConflictError` if the active release or the one before it uses it, or if it is a base."""
    model = get_model(store, model_id)
    if model.domain_id is None:
        raise ConflictError(f"{model_id} is a configured base model; remove it from the settings.", code="model_in_use")
    with store.database.write(frees=True) as connection:
        kept = promotion_stack(connection, model.domain_id)[-2:]
        if is_used(connection, model_id, kept):
            raise ConflictError(
                f"{model_id} serves the active release or its rollback target.", code="model_in_use", param="model"
            )
        connection.execute(schema.models.delete().where(schema.models.c.id == model_id))
        note_removals(connection, [model.path])
    finish_deletion(store)


def flag_learners(connection: sa.Connection, document_id: str, flag: Flag, before: int = sys.maxsize) -> None:
    """Mark the examples and models that learned from a version `before` this one of a replaced or deleted document.

    A tainted example loses its text: it may be that of the document. Its fingerprint stays.
    """
    examples, models = schema.examples, schema.models
    sources = schema.example_documents.c
    learned = sa.select(sources.example_number).where(sources.document_id == document_id, sources.version < before)
    stronger = sa.or_(examples.c.flag.is_(None), examples.c.flag == "outdated")
    mark = examples.update().where(examples.c.number.in_(learned), stronger).values(flag=flag)
    connection.execute(mark.values(content={}) if flag == "tainted" else mark)
    pairs = schema.model_documents.c
    mine = sa.select(pairs.model_id).where(pairs.document_id == document_id, pairs.version < before)
    for model_id, flags in connection.execute(
        sa.select(models.c.id, models.c.flags).where(models.c.id.in_(mine))
    ).all():
        new = sorted({*flags, flag})
        connection.execute(models.update().where(models.c.id == model_id).values(flags=new))


def _register(store: Store, lease: Lease, model: NewModel, published: Mapping[str, str]) -> None:
    with store.database.write() as connection:
        check_lease(connection, lease)
        if connection.scalar(sa.select(schema.models.c.id).where(schema.models.c.job_id == lease.job_id)):
            raise ConflictError(f"The job {lease.job_id} has published a model already.", code="already_published")
        connection.execute(
            schema.models.insert().values(
                **published,
                kind=model.kind,
                domain_id=model.domain_id,
                base=model.base,
                job_id=lease.job_id,
                state="candidate",
                flags=_present_flags(connection, model.documents),
                lineage=model.lineage.as_json(),
                metrics=dict(model.metrics),
                created_at=now(),
            )
        )
        rows = [{"model_id": published["id"], "document_id": key, "version": v} for key, v in model.documents.items()]
        if rows:
            connection.execute(schema.model_documents.insert(), rows)
        asked = [
            {"model_id": published["id"], "example": example, "fingerprint": fingerprint.as_json()}
            for example, fingerprint in model.questions
        ]
        if asked:
            connection.execute(schema.model_questions.insert(), asked)


def _present_flags(connection: sa.Connection, documents: Mapping[str, int]) -> list[str]:
    table = schema.documents.c
    present: dict[str, int | None] = {}
    for batch in batches(sorted(documents)):
        rows = connection.execute(sa.select(table.id, table.searchable_version).where(table.id.in_(batch)))
        present |= {row.id: row.searchable_version for row in rows}
    flags = {"tainted" for key in documents if key not in present}
    flags |= {"outdated" for key, version in documents.items() if key in present and present[key] != version}
    return sorted(flags)


def _select(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Model]:
    table = schema.models
    columns = [table.c[name] for name in Model.__dataclass_fields__]
    statement = sa.select(*columns).where(*conditions).order_by(table.c.number.desc())
    with store.database.read() as connection:
        rows = connection.execute(statement).mappings().all()
    return [Model(**{**row, "lineage": Lineage.model_validate(row["lineage"])}) for row in rows]
