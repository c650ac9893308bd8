"""Opening a store, by several processes at once as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from store.domains import create_domain, list_domains
from store.store import Store
from store.verify import verify_store

_OPEN = """
import pathlib, sys
from store.store import Store
Store.open(pathlib.Path(sys.argv[1])).close()
"""


def test_what_was_written_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "home")
    create_domain(store, "handbook", {})
    store.close()

    store = Store.open(tmp_path / "home")

    assert [domain.name for domain in list_domains(store)] == ["handbook"]
    store.close()


def test_processes_that_open_a_new_folder_at_once_agree_on_one_schema(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _OPEN, str(tmp_path / "home")]
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 3
    store = Store.open(tmp_path / "home")
    assert verify_store(store) == []
    store.close()
