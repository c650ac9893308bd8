"""Strike a script at its write-like system calls, one run per call, and check what is left: a program of its own.

usage: crash_matrix.py MODULE TEMPLATE FIRST EVERY BLOW. It strikes at the calls number FIRST, FIRST + EVERY, and so on,
until no run reaches its call any more. BLOW is `kill`; `loss`, a kill after which only what was synchronised is there;
or the name of an error with which the call fails. MODULE has `run(home, journal)` and `check(home, journal)`; each run
works on a copy of TEMPLATE. Everything is forked from this process, which has imported and used it all once (that makes
a run ten times faster than a new interpreter) and has no second thread. The result is printed as JSON.
"""

from __future__ import annotations

import errno
import gc
import importlib
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from power_loss import Durable
from syscalls import At, run_traced, why_unavailable

_UNREACHED = 3  # runs in a row; their number of calls differs a little, since tantivy has threads


def run_matrix(module: Any, template: Path, first: int, every: int, blow: str) -> dict[str, Any]:
    """Return how many runs were struck at which calls, and what was wrong with which of them."""
    error = getattr(errno, blow, None)
    killed: Counter[str] = Counter()
    bad: list[str] = []
    unreached = 0
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        home, journal = Path(folder) / "home", Path(folder) / "journal"
        _warm_up(module, template, home, journal)
        for number in itertools.count(first, every):
            shutil.copytree(template, home)
            durable = Durable(home)
            outcome = run_traced(lambda: module.run(home, journal), At(number, error), durable.synchronised)
            if blow == "loss":
                durable.take_place()
            problems = _check_in_a_fork(module, home, journal)
            if outcome.killed_at is None and outcome.status != 0:
                problems.append(f"the script failed by itself with status {outcome.status}")
            bad += [f"call {number} ({outcome.killed_at}): {problem}" for problem in problems]
            _clear(home, journal)
            killed.update([outcome.killed_at] if outcome.killed_at else [])
            unreached = 0 if outcome.killed_at else unreached + 1
            if unreached == _UNREACHED:
                break
    return {"killed": killed, "bad": bad}


def _warm_up(module: Any, template: Path, home: Path, journal: Path) -> None:
    shutil.copytree(template, home)
    module.run(home, journal)
    problems = module.check(home, journal)
    if problems:
        raise RuntimeError(f"the script leaves a bad store even if nobody kills it: {problems}")
    _clear(home, journal)
    gc.collect()
    gc.freeze()
    deadline = time.monotonic() + 30
    while len(list(Path("/proc/self/task").iterdir())) > 1:  # tantivy's threads end a moment after their index
        if time.monotonic() > deadline:
            raise RuntimeError("threads are left; a fork would not be like a new process")
        time.sleep(0.05)


def _clear(home: Path, journal: Path) -> None:
    shutil.rmtree(home)
    journal.unlink(missing_ok=True)  # absent if the kill came before the first step


def _check_in_a_fork(module: Any, home: Path, journal: Path) -> list[str]:
    report = home.parent / "report"
    pid = os.fork()
    if pid == 0:
        try:
            report.write_text(json.dumps(module.check(home, journal)))
        except Exception:  # noqa: BLE001 (whatever it is, it is what was found out)
            report.write_text(json.dumps([traceback.format_exc(limit=-3)]))
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status or not report.exists():
        return [f"the check ended with status {status}"]
    problems: list[str] = json.loads(report.read_text())
    report.unlink()
    return problems


if __name__ == "__main__":
    name, folder, first_call, step, how = sys.argv[1:]
    reason = why_unavailable()
    if reason:
        print(json.dumps({"unavailable": reason}))
    else:
        print(json.dumps(run_matrix(importlib.import_module(name), Path(folder), int(first_call), int(step), how)))
