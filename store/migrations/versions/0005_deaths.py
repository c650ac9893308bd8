"""Whose death it was: of a job's process while documents were read, or of the server."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deaths", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("server_deaths", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("server_deaths", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("hand", sa.JSON(), nullable=True))
