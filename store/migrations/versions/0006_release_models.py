"""The models of a release by role: until now there was one, the adapter, and only the manifest named it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ROLES = ("adapter", "reranker", "query_encoder", "passage_encoder")


def upgrade() -> None:
    op.create_table(
        "release_models",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_models_release_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "role", name=op.f("pk_release_models")),
    )
    op.create_index("ix_release_models_model_id", "release_models", ["model_id"])
    _note_models(op.get_bind())


def _note_models(connection: sa.Connection) -> None:
    """Note what the manifests name, deleted models included; rerankers and encoders that ship are not registered."""
    insert = sa.text("INSERT INTO release_models (release_id, role, model_id) VALUES (:release, :role, :model)")
    for release, text in connection.execute(sa.text("SELECT id, manifest FROM releases")).all():
        manifest = json.loads(text)
        for role in _ROLES:
            model = manifest.get(role)
            if isinstance(model, str) and model.startswith("mdl_"):
                connection.execute(insert, {"release": release, "role": role, "model": model})
