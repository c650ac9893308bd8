"""Texts that are found by their words and have no vector yet."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "awaited_vectors",
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name=op.f("fk_awaited_vectors_text_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("text_id", "space_id", name=op.f("pk_awaited_vectors")),
    )
