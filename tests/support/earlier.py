"""Data folders as earlier versions of Tandem left them."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config

from store import migrations
from store.database import Database
from store.sqlite import sqlite_driver, sqlite_url


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but what SQLite keeps beside a database that was read."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".db-wal", ".db-shm")
    }


def folder_of_0005(home: Path) -> Path:
    """Put a data folder that the version with schema 0005 made at `home`; `answers.json` there says what it did.

    It has a domain with two documents and a deleted one, a data set, two adapters, and releases as three versions made
    them. Its database is kept as SQL, and its indexes are not kept.
    """
    shutil.copytree(Path(__file__).parent / "folder_0005", home)
    with closing(sqlite_driver().connect(home / "tandem.db")) as connection:
        connection.executescript((home / "tandem.sql").read_text(encoding="utf-8"))
    (home / "tandem.sql").unlink()
    return home


def as_before_markers(home: Path) -> None:
    """Make the folder what a version of Tandem without markers left: the same rows under its schema."""
    (home / "TANDEM").unlink()
    (home / "aside").rmdir()
    (home / "tandem.db").rename(home.parent / "newer.db")
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    database = Database.at(sqlite_url(home / "tandem.db"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    database.close()
    with closing(sqlite_driver().connect(home / "tandem.db")) as connection:
        connection.execute("ATTACH ? AS newer", (str(home.parent / "newer.db"),))
        tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (table,) in connection.execute(tables).fetchall():
            kept, given = (
                {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")}
                for schema in ("main", "newer")
            )
            shared = ", ".join(f'"{name}"' for name in kept & given)
            if table != "alembic_version":
                connection.execute(f"INSERT INTO main.{table} ({shared}) SELECT {shared} FROM newer.{table}")
        connection.commit()
    (home.parent / "newer.db").unlink()
