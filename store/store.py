"""The open store: a data folder and its database, which every other module of this package takes as first argument."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from store.database import Database
from store.folder import DataFolder


@dataclass(frozen=True)
class Store:
    """A data folder with its database open and its schema current."""

    folder: DataFolder
    database: Database

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open the store at `root`, creating or migrating it as needed. Any number of processes may do this."""
        folder = DataFolder.open(root)
        database = Database(folder.database)
        database.migrate()
        return cls(folder, database)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def now() -> int:
    """Return Unix time in whole seconds, for display."""
    return int(time.time())
