"""The layout of a passage: its statements, and the context that each needs. Passages from before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("passages", sa.Column("layout", sa.Text(), nullable=True))
