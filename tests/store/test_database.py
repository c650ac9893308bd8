"""The database: settings, transactions, snapshots, and writers that never fail because of each other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store import schema
from store.database import Database, Prepared
from store.domains import Domain, create_domain
from store.errors import InvalidInputError
from store.sqlite import journal_mode, sqlite_driver, sqlite_url
from store.store import Store

_JOURNAL_OF_PYTHONS_OWN_SQLITE = """
import pathlib, sqlite3, sys
sys.modules["pysqlite3"] = None  # as if it were not installed
from store.database import Database
from store.sqlite import sqlite_url
database = Database.at(sqlite_url(pathlib.Path(sys.argv[1])))
with database.read() as connection:
    print(connection.exec_driver_sql("PRAGMA journal_mode").scalar(), sqlite3.sqlite_version_info >= (3, 51, 3))
"""


def test_every_connection_has_the_settings_that_durability_and_references_need(store: Store) -> None:
    expected = {"synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000, "trusted_schema": 0}
    for transaction in (store.database.read, store.database.write):
        with transaction() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        assert found == expected
        assert journal == journal_mode().lower()


@pytest.mark.skipif(sqlite_driver().__name__ == "sqlite3.dbapi2", reason="pysqlite3 is not installed")
def test_the_bundled_sqlite_is_new_enough_for_a_write_ahead_log(store: Store) -> None:
    assert sqlite_driver().sqlite_version_info >= (3, 51, 3)
    assert journal_mode() == "WAL"


def test_an_sqlite_that_can_corrupt_a_write_ahead_log_is_not_given_one(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _JOURNAL_OF_PYTHONS_OWN_SQLITE, str(tmp_path / "tandem.db")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.split() in (["wal", "True"], ["delete", "False"])


_NAMES = Prepared(
    sa.select(schema.domains.c.name)
    .where(schema.domains.c.name >= sa.bindparam("first"), schema.domains.c.name < sa.bindparam("end"))
    .order_by(schema.domains.c.name)
)


def test_fetching_sees_what_is_committed_from_any_thread_and_holds_nothing_up(store: Store) -> None:
    create_domain(store, "annex", {})
    create_domain(store, "barn", {})

    with store.database.write() as connection:
        connection.execute(schema.domains.update().where(schema.domains.c.name == "barn").values(name="bank"))
        assert store.database.fetch(_NAMES, first="b", end="c") == [("barn",)]  # not what is not committed
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(store.database.fetch, _NAMES, end="c", first="a").result() for _ in range(4)]

    assert found == [[("annex",), ("bank",)]] * 4
    assert store.database.fetch(_NAMES, first="'; DROP TABLE domains; --", end="'") == []


def test_threads_that_come_and_go_leave_no_connections_behind(store: Store) -> None:
    def files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    store.database.fetch(_NAMES, first="a", end="b")
    before = files()
    for _ in range(20):
        thread = threading.Thread(target=store.database.fetch, args=(_NAMES,), kwargs={"first": "a", "end": "b"})
        thread.start()
        thread.join()

    assert files() <= before


def test_connections_for_fetching_have_the_settings_and_are_closed(tmp_path: Path) -> None:
    database = Database.at(sqlite_url(tmp_path / "tandem.db"))
    journal = Prepared(sa.text("PRAGMA journal_mode"))

    assert database.fetch(journal) == [(journal_mode().lower(),)]
    assert database.fetch(Prepared(sa.text("PRAGMA foreign_keys"))) == [(1,)]
    database.fetch(Prepared(sa.text("CREATE TEMP TABLE mine (x)")))
    assert database.fetch(Prepared(sa.text("SELECT count(*) FROM mine"))) == [(0,)]  # the same connection is used again
    database.close()

    assert not (tmp_path / "tandem.db-wal").exists()  # the last connection takes it away


def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    def fail_halfway() -> None:
        with store.database.write() as connection:
            connection.execute(schema.domains.insert().values(_row("a")))
            connection.execute(schema.domains.insert().values(_row("b")))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()

    assert _names(store.database) == set()


def test_a_row_that_refers_to_nothing_is_refused(store: Store) -> None:
    values = {"id": "rel_1", "domain_id": "dom_none", "manifest": {}, "created_at": 0}
    with pytest.raises(sa.exc.IntegrityError), store.database.write() as connection:
        connection.execute(schema.releases.insert().values(values))


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(store: Store) -> None:
    names = sa.select(schema.domains.c.name)
    with store.database.read() as reader:
        assert reader.scalars(names).all() == []
        create_domain(store, "later", {})

        assert reader.scalars(names).all() == []
    assert _names(store.database) == {"later"}


def test_threads_and_processes_that_write_at_once_wait_for_each_other(store: Store, domain: Domain) -> None:
    other = Database.at(sqlite_url(store.folder.database))  # as another process has it: without this one's lock
    begin = threading.Barrier(8)

    def write(number: int) -> None:
        database = (store.database, other)[number % 2]
        begin.wait()
        for step in range(20):
            with database.write() as connection:
                count = connection.scalar(sa.select(sa.func.count()).select_from(schema.job_events))
                assert count is not None
                connection.execute(schema.domains.insert().values(_row(f"{number}-{step}")))

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(write, number) for number in range(8)]:
            future.result()
    other.close()

    assert len(_names(store.database)) == 8 * 20 + 1


def test_migrating_a_current_database_changes_nothing(store: Store, domain: Domain) -> None:
    before = store.folder.database.stat().st_size

    store.database.migrate()

    assert store.folder.database.stat().st_size == before
    assert _names(store.database) == {domain.name}


def _row(name: str) -> dict[str, object]:
    return {"id": f"dom_{name}", "name": name, "description": "", "metadata": {}, "created_at": 0}


def _names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(sa.select(schema.domains.c.name)))


def test_a_database_of_a_kind_that_tandem_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="'mysql' for Tandem; it takes sqlite"):
        Database.at(sa.make_url("mysql://somewhere/tandem"))


def test_a_prepared_statement_is_compiled_once_for_each_database_at_its_first_use(store: Store, tmp_path: Path) -> None:
    class Counting(sa.TextClause):
        compiled = 0

        def compile(self, *args: Any, **options: Any) -> Any:
            type(self).compiled += 1
            return super().compile(*args, **options)

    query = Prepared(Counting("SELECT :number + 1"))
    other = Database.at(sqlite_url(tmp_path / "other.db"))
    assert Counting.compiled == 0

    assert [store.database.fetch(query, number=number) for number in (1, 2)] == [[(2,)], [(3,)]]
    assert Counting.compiled == 1
    assert other.fetch(query, number=3) == [(4,)]
    other.close()
    assert Counting.compiled == 2
