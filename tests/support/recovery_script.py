"""The start of a server after a crash, as a script for the crash matrix: whoever dies while recovering is recovered."""

from __future__ import annotations

import shutil
from pathlib import Path

import crash_script
from crash_process import Process
from crash_script import OWNER, SCRIPT, check_against, recover, state_after

from store.store import Store

_STEPS = 8  # the index is behind the log, and a job that has published is still running


def prepare(home: Path) -> None:
    """Make the folder of a process that died in the middle of the script: a copy of it while the process works."""
    alive = home.with_name(home.name + "-alive")
    crash_script.prepare(alive)
    store = Store.open(alive)
    with store.folder.lock(OWNER):
        process = Process(store)
        for do, _ in SCRIPT[:_STEPS]:
            do(process)
        (store.folder.indexes / "left-by-a-crash").mkdir()
        shutil.copytree(alive, home)
        process.index.close()
    store.close()
    shutil.rmtree(alive)


def run(home: Path, journal: Path) -> None:
    """Start and stop a server."""
    store = Store.open(home)
    with store.folder.lock(OWNER):
        recover(store)
        process = Process(store)
        process.snapshot()
        process.index.close()
    store.close()


def check(home: Path, journal: Path) -> list[str]:
    """Return what is wrong after the next start."""
    return check_against(home, [state_after(_STEPS)])
