"""What was seen outlives what was read: fingerprints of questions, the documents behind reports, calibrations."""

import json
import secrets

import sqlalchemy as sa
from alembic import op

from store.fingerprints import SALT, Fingerprint

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _add_tables()
    connection = op.get_bind()
    salt = secrets.token_bytes(32)
    connection.execute(
        sa.text("INSERT INTO properties (name, value) VALUES (:name, :value)"), {"name": SALT, "value": salt.hex()}
    )
    _fingerprint_examples(connection, salt)
    _remember_training(connection)
    _bind_reports(connection)


def _add_tables() -> None:
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("warnings", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("examples", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fingerprint", sa.JSON(), nullable=True))
    with op.batch_alter_table("evaluations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("questions", sa.JSON(), nullable=True))
    op.create_table(
        "model_questions",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("example", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["models.id"], name=op.f("fk_model_questions_model_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_model_questions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_model_questions_model_id", "model_questions", ["model_id"])
    op.create_table(
        "evaluation_documents",
        sa.Column("evaluation_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.id"],
            name=op.f("fk_evaluation_documents_evaluation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "document_id", name=op.f("pk_evaluation_documents")),
    )
    op.create_index("ix_evaluation_documents_document_id", "evaluation_documents", ["document_id"])
    op.create_table(
        "calibrations",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("domain_id", sa.String(), nullable=False),
        sa.Column("weights", sa.String(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domains.id"], name=op.f("fk_calibrations_domain_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_calibrations")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calibrations_domain_id_weights", "calibrations", ["domain_id", "weights"])


def _fingerprint_examples(connection: sa.Connection, salt: bytes) -> None:
    """Give each example its fingerprint; those of deleted documents then lose the text that was kept until now."""
    rows = connection.execute(sa.text("SELECT number, content, flag FROM examples")).all()
    update = sa.text("UPDATE examples SET fingerprint = :fingerprint, content = :content WHERE number = :number")
    for number, content, flag in rows:
        asked = json.loads(content)
        question = asked.get("question")
        found = Fingerprint.of(salt, question, asked.get("answers", [])) if isinstance(question, str) else None
        kept = "{}" if flag == "tainted" else content
        values = {"number": number, "content": kept, "fingerprint": found and json.dumps(found.as_json())}
        connection.execute(update, values)


def _remember_training(connection: sa.Connection) -> None:
    """Note for each adapter what its data set asks; without its data set, what it has seen stays unknown."""
    insert = sa.text("INSERT INTO model_questions (model_id, example, fingerprint) VALUES (:model, :example, :print)")
    asked = sa.text(
        "SELECT d.name || ' ' || e.key, e.fingerprint FROM examples e JOIN datasets d ON d.id = e.dataset_id "
        "WHERE d.id = :dataset AND e.split = :split AND e.fingerprint IS NOT NULL ORDER BY e.number"
    )
    for model, lineage in connection.execute(sa.text("SELECT id, lineage FROM models")).all():
        source = json.loads(lineage).get("dataset")
        if isinstance(source, dict) and "id" in source:
            where = {"dataset": source["id"], "split": source.get("split", "train")}
            for example, fingerprint in connection.execute(asked, where).all():
                connection.execute(insert, {"model": model, "example": example, "print": fingerprint})


def _bind_reports(connection: sa.Connection) -> None:
    """An old report does not say whose text its answers hold: it may be that of any document of its domain.

    Where it cites one that is gone, its answers go now.
    """
    connection.execute(
        sa.text(
            "INSERT INTO evaluation_documents (evaluation_id, document_id) SELECT e.id, d.id FROM evaluations e "
            "JOIN documents d ON d.domain_id = e.domain_id WHERE e.report IS NOT NULL"
        )
    )
    present = set(connection.scalars(sa.text("SELECT id FROM documents")))
    for number, text in connection.execute(sa.text("SELECT number, report FROM evaluations")).all():
        report = (json.loads(text) if text else None) or {}
        records = report.get("records", [])
        if all(document in present for record in records for document in record.get("cited", [])):
            continue
        report |= {
            "records": [{**record, "answer": "", "blanked": True} for record in records],
            "blanked": len(records),
        }
        update = sa.text("UPDATE evaluations SET report = :report WHERE number = :number")
        connection.execute(update, {"number": number, "report": json.dumps(report)})
