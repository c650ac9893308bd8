"""The tables. `migrations/` creates them; a test holds the two against each other.

Read `changes` first: it gives every passage added or removed a sequence number, and the search indexes follow it.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.columns import created_column, domain_column, metadata
from store.measuring_tables import (
    calibrations,
    datasets,
    evaluation_documents,
    evaluations,
    example_documents,
    examples,
    model_questions,
)

__all__ = [  # defined elsewhere, and tables like the others to those who read and write them
    "calibrations",
    "datasets",
    "evaluation_documents",
    "evaluations",
    "example_documents",
    "examples",
    "metadata",
    "model_questions",
]

properties = Table(  # of the data folder: its id, how often it was started, whether deleted text is to be overwritten
    "properties",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

removals = Table(  # files that a deletion named and that are still to be removed; written in its transaction
    "removals",
    metadata,
    Column("path", String, primary_key=True),  # below the data folder: blobs/SHA-256, artifacts/ID, indexes/NAME
)

domains = Table(
    "domains",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("release_id", String),  # the pointer that promotion and rollback move
    created_column(),
)

documents = Table(
    "documents",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # order of arrival, for stable lists
    Column("id", String, nullable=False, unique=True),
    domain_column(),
    Column("external_id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("status", String, nullable=False),  # received, parsed, searchable, failed, quarantined
    Column("error", JSON),
    Column("version", Integer, nullable=False),  # newest version
    Column("searchable_version", Integer),  # version whose passages are live
    Column("metadata", JSON, nullable=False),
    created_column(),
    Column("updated_at", Integer, nullable=False),
    Column("deaths", Integer, nullable=False, server_default="0"),  # of processes that were reading this version
    Column("server_deaths", Integer, nullable=False, server_default="0"),  # in a row, while only it was being read
    UniqueConstraint("domain_id", "external_id"),
    sqlite_autoincrement=True,
)

versions = Table(
    "versions",
    metadata,
    Column("document_id", String, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("sha256", String, nullable=False, index=True),  # of the original bytes: the name of its blob
    Column("media_type", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("text", Text),  # null until parsed
    created_column(),
)

texts = Table(
    "texts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),  # the key in every search index
    domain_column(),
    Column("sha256", String, nullable=False),
    Column("content", Text, nullable=False),  # what is embedded, indexed and read: heading path, context, statements
    UniqueConstraint("domain_id", "sha256"),
    sqlite_autoincrement=True,
)

passages = Table(
    "passages",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    domain_column(),
    Column("document_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("passage_set", String, nullable=False),  # hash of the chunker's settings
    Column("start", Integer, nullable=False),  # characters into the version's text
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_id", Integer, ForeignKey("texts.id"), nullable=False, index=True),
    Column("layout", Text),  # see `store.layout`; null if it was cut before there were layouts
    Index("ix_passages_document_id_version", "document_id", "version"),
    Index("ix_passages_domain_id_passage_set", "domain_id", "passage_set", "text_id"),
    sqlite_autoincrement=True,
)

vectors = Table(
    "vectors",
    metadata,
    Column("text_id", Integer, ForeignKey("texts.id", ondelete="CASCADE"), primary_key=True),
    Column("space_id", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # float16, little-endian
    Column("unknown_share", Float, nullable=False, server_default="0"),  # of the text, for the space's tokenizer
)

awaited_vectors = Table(  # texts that are found by their words and have no vector in a space yet, see `store.awaited`
    "awaited_vectors",
    metadata,
    Column("text_id", Integer, ForeignKey("texts.id", ondelete="CASCADE"), primary_key=True),
    Column("space_id", String, primary_key=True),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    domain_column(),
    Column("kind", String, nullable=False),  # add, remove; vector: the text of the passage got one that it awaited
    Column("passage_id", String, nullable=False),
    Column("passage_set", String, nullable=False),
    Column("text_id", Integer, nullable=False),
    Index("ix_changes_domain_id_seq", "domain_id", "seq"),
    sqlite_autoincrement=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    domain_column(primary_key=True),
    Column("kind", String, primary_key=True),  # dense, lexical
    Column("view", String, primary_key=True),  # passage set, for dense also the space
    Column("seq", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),  # base, adapter, embedder, reranker
    Column("domain_id", String, ForeignKey("domains.id", ondelete="CASCADE")),
    Column("base", String),
    Column("parent", String),
    Column("job_id", String, unique=True),  # at most one artifact per job
    Column("state", String, nullable=False),  # candidate, released, archived
    Column("flags", JSON, nullable=False),
    Column("lineage", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("path", String, nullable=False),  # of its folder: below the data folder, or absolute for a configured base
    Column("sha256", String, nullable=False),  # of the manifest, which lists the hash of every file
    created_column(),
    sqlite_autoincrement=True,
)

model_documents = Table(
    "model_documents",
    metadata,
    Column("model_id", String, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String, primary_key=True, index=True),
    Column("version", Integer, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    domain_column(),
    Column("manifest", JSON, nullable=False),
    created_column(),
    sqlite_autoincrement=True,
)

release_models = Table(  # the registered ones that a release uses; no reference, since a model may be deleted before it
    "release_models",
    metadata,
    Column("release_id", String, ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String, primary_key=True),  # see `store.release_models`
    Column("model_id", String, nullable=False, index=True),
)

promotions = Table(
    "promotions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    domain_column(),
    Column("release_id", String, ForeignKey("releases.id"), nullable=False),
    Column("kind", String, nullable=False),  # promote, rollback
    Column("forced", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    created_column(),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    domain_column(),
    Column("status", String, nullable=False),  # queued, running, succeeded, failed, cancelled
    Column("params", JSON, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("progress", Float, nullable=False),  # 0 to 1
    Column("eta_s", Float),
    Column("token", Integer, nullable=False),  # fencing: raised at every claim, checked at every write
    Column("attempts", Integer, nullable=False),  # since it last finished something for good
    Column("heartbeat", Integer, nullable=False),  # a counter, not a time
    Column("cancel_requested", Boolean, nullable=False),
    Column("server_deaths", Integer, nullable=False, server_default="0"),  # in a row, while it ran
    Column("hand", JSON(none_as_null=True)),  # the documents being read now: id -> version
    created_column(),
    Column("started_at", Integer),
    Column("finished_at", Integer),
    Index("ix_jobs_status_number", "status", "number"),
    sqlite_autoincrement=True,
)

job_events = Table(
    "job_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("job_id", String, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("level", String, nullable=False),  # info, warning, error
    Column("message", Text, nullable=False),
    Column("data", JSON, nullable=False),
    created_column(),
    sqlite_autoincrement=True,
)

keys = Table(  # of callers; those that were revoked stay, so that it can be told who had one
    "keys",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("name", String, nullable=False),  # of those in force no two have the same
    Column("access", String, nullable=False),  # read, write
    Column("domain_id", String, ForeignKey("domains.id", ondelete="CASCADE")),  # null: all domains
    Column("digest", String, nullable=False),  # see `store.keys`
    created_column(),
    Column("last_used_at", Integer),
    Column("revoked_at", Integer),
    sqlite_autoincrement=True,
)
