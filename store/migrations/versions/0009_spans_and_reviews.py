"""Examples know where their answers stand, and drafted ones whether somebody has looked at them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("example_documents", sa.Column("spans", sa.JSON(), nullable=True))
    op.add_column("examples", sa.Column("review", sa.String(), nullable=True))
