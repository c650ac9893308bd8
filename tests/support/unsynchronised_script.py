"""The real store without the synchronisation of its files: the control of power losses, which must find it broken."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import crash_script

prepare, check = crash_script.prepare, crash_script.check


def run(home: Path, journal: Path) -> None:
    """Carry out the script of the real store."""
    with patch.object(os, "fsync"):  # that of the database is its own
        crash_script.run(home, journal)
