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
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _domain(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "domain_id", String, ForeignKey("domains.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


def _created() -> Column[int]:
    """Unix time in seconds; for people only, no decision reads it."""
    return Column("created_at", Integer, nullable=False)


properties = Table(  # of the data folder as a whole: its id, how often it was started
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
    _created(),
)

documents = Table(
    "documents",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # order of arrival, for stable lists
    Column("id", String, nullable=False, unique=True),
    _domain(),
    Column("external_id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("status", String, nullable=False),  # received, parsed, searchable, failed, quarantined
    Column("error", JSON),
    Column("version", Integer, nullable=False),  # newest version
    Column("searchable_version", Integer),  # version whose passages are live
    Column("metadata", JSON, nullable=False),
    _created(),
    Column("updated_at", Integer, nullable=False),
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
    _created(),
)

texts = Table(
    "texts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),  # the key in every search index
    _domain(),
    Column("sha256", String, nullable=False),
    Column("content", Text, nullable=False),  # what is embedded and indexed: heading path, then passage text
    UniqueConstraint("domain_id", "sha256"),
    sqlite_autoincrement=True,
)

passages = Table(
    "passages",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _domain(),
    Column("document_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("passage_set", String, nullable=False),  # hash of the chunker's settings
    Column("start", Integer, nullable=False),  # characters into the version's text
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_id", Integer, ForeignKey("texts.id"), nullable=False, index=True),
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

changes = Table(
    "changes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _domain(),
    Column("kind", String, nullable=False),  # add, remove
    Column("passage_id", String, nullable=False),
    Column("passage_set", String, nullable=False),
    Column("text_id", Integer, nullable=False),
    Index("ix_changes_domain_id_seq", "domain_id", "seq"),
    sqlite_autoincrement=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _domain(primary_key=True),
    Column("kind", String, primary_key=True),  # dense, lexical
    Column("view", String, primary_key=True),  # passage set, for dense also the space
    Column("seq", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _domain(),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("origin", String, nullable=False),
    _created(),
    UniqueConstraint("domain_id", "name"),
    sqlite_autoincrement=True,
)

examples = Table(
    "examples",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("dataset_id", String, ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key", String, nullable=False),
    Column("split", String, nullable=False),  # train, dev, test
    Column("content", JSON, nullable=False),
    Column("flag", String),  # null, outdated, tainted
    UniqueConstraint("dataset_id", "key"),
    sqlite_autoincrement=True,
)

example_documents = Table(
    "example_documents",
    metadata,
    Column("example_number", Integer, ForeignKey("examples.number", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String, primary_key=True, index=True),  # outlives the document: that is provenance
    Column("version", Integer, nullable=False),
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
    _created(),
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
    _domain(),
    Column("manifest", JSON, nullable=False),
    _created(),
    sqlite_autoincrement=True,
)

promotions = Table(
    "promotions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _domain(),
    Column("release_id", String, ForeignKey("releases.id"), nullable=False),
    Column("kind", String, nullable=False),  # promote, rollback
    Column("forced", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    _created(),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    _domain(),
    Column("status", String, nullable=False),  # queued, running, succeeded, failed, cancelled
    Column("params", JSON, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("progress", Float, nullable=False),  # 0 to 1
    Column("eta_s", Float),
    Column("token", Integer, nullable=False),  # fencing: raised at every claim, checked at every write
    Column("attempts", Integer, nullable=False),
    Column("heartbeat", Integer, nullable=False),  # a counter, not a time
    Column("cancel_requested", Boolean, nullable=False),
    _created(),
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
    _created(),
    sqlite_autoincrement=True,
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _domain(),
    Column("dataset_id", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("report", JSON),
    _created(),
    sqlite_autoincrement=True,
)
