"""The tables as the migrations make them are the tables that the code knows."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store import migrations, schema
from store.store import Store


def test_the_migrated_database_equals_the_tables_of_the_code(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_migrations_are_one_line_and_the_database_is_at_its_end(store: Store) -> None:
    scripts = ScriptDirectory(migrations.__path__[0])
    with store.database.read() as connection:
        assert [MigrationContext.configure(connection).get_current_revision()] == scripts.get_heads()
    assert store.database.newest() == scripts.get_current_head()
    assert store.database.is_current()
    assert len(scripts.get_bases()) == 1


def test_numbers_that_indexes_and_readers_remember_are_never_given_twice(store: Store) -> None:
    remembered = {"texts", "changes", "passages", "documents", "job_events", "jobs", "promotions"}
    with store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all()
    created = {name: sql for name, sql in rows if name in remembered}
    assert set(created) == remembered
    assert [name for name, sql in created.items() if "AUTOINCREMENT" not in sql] == []
