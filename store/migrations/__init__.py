"""The Alembic tree: one script per change of the schema."""
