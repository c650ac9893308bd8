"""The tables of what is learned from and measured on: data sets, fingerprints, reports, calibrations."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.columns import created_column, domain_column, metadata

datasets = Table(
    "datasets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    domain_column(),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("warnings", JSON, nullable=False, server_default="[]"),  # what the import wants its user to know
    created_column(),
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
    Column("flag", String),  # null, outdated, tainted: then the content is empty
    Column("fingerprint", JSON(none_as_null=True)),  # of the question, which outlives its text
    Column("review", String),  # null: written by people; draft, kept, edited: what became of one that was drafted
    UniqueConstraint("dataset_id", "key"),
    sqlite_autoincrement=True,
)

example_documents = Table(
    "example_documents",
    metadata,
    Column("example_number", Integer, ForeignKey("examples.number", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String, primary_key=True, index=True),  # outlives the document: that is provenance
    Column("version", Integer, nullable=False),
    Column("spans", JSON(none_as_null=True)),  # where in that version the answer stands, as [start, end) of its text
)

model_questions = Table(
    "model_questions",  # what a model was asked in training; it outlives the data set and its texts
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("model_id", String, ForeignKey("models.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("example", String, nullable=False),  # name of the data set and key, for messages
    Column("fingerprint", JSON, nullable=False),
    sqlite_autoincrement=True,
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    domain_column(),
    Column("dataset_id", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("report", JSON),
    Column("questions", JSON(none_as_null=True)),  # the numbers of the questions it measured, null without numbers
    created_column(),
    sqlite_autoincrement=True,
)

evaluation_documents = Table(
    "evaluation_documents",  # whose text the records of a report may hold
    metadata,
    Column("evaluation_id", String, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String, primary_key=True, index=True),
)

calibrations = Table(
    "calibrations",  # what evidence weights were fitted to; by these, a release made from a release has it too
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    domain_column(),
    Column("weights", String, nullable=False),  # their SHA-256
    Column("questions", JSON, nullable=False),  # the numbers of their fingerprints
    Column("documents", JSON, nullable=False),
    Column("about", JSON, nullable=False),  # data set, split, samples, and how well they are told apart
    created_column(),
    Index("ix_calibrations_domain_id_weights", "domain_id", "weights"),
    sqlite_autoincrement=True,
)
