"""The word of a process that is going to be killed: which steps it began and which it reported as done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path


def run_steps(steps: Iterable[Callable[[], None]], journal: Path) -> None:
    """Do the steps, with an unbuffered line in `journal` before and after each."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for step in steps:
        os.write(descriptor, b"start\n")
        step()
        os.write(descriptor, b"done\n")
    os.close(descriptor)


def possible_states(journal: Path) -> tuple[int, ...]:
    """Return after how many steps a survivor may stand: those that are done, or also the one that was in flight."""
    words = journal.read_text().split() if journal.exists() else []
    started, done = words.count("start"), words.count("done")
    return (done,) if started == done else (done, started)
