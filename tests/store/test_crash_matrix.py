"""The process or the disk fails at a write-like system call, and what was acknowledged is there afterwards.

By default at a sample of the calls; the nightly tests take every single one.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import crash_matrix
import pytest

_PROCESSES = 2  # for a whole matrix; to begin one takes longer than a sample's points
_TIMEOUT_S = 1800
_WHOLE = pytest.param(1, marks=pytest.mark.nightly)


@dataclass(frozen=True)
class _Matrix:
    killed: Counter[str]
    bad: list[str]

    @property
    def points(self) -> int:
        return self.killed.total()


def _run_matrix(module: str, template: Path, every: int = 1, blow: str = "kill") -> _Matrix:
    """Strike the script at each `every`-th of its calls, in as many processes as there are cores to expect."""
    begun, shards = time.monotonic(), _PROCESSES if every == 1 else 1
    importlib.import_module(module).prepare(template)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1"}  # no second thread in a process that forks
    begin = [sys.executable, crash_matrix.__file__, module, str(template)]
    processes = [
        subprocess.Popen(
            [*begin, str(1 + shard * every), str(shards * every), blow],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for shard in range(shards)
    ]  # fmt: skip
    killed: Counter[str] = Counter()
    bad: list[str] = []
    try:
        for process in processes:
            answer, complaint = process.communicate(timeout=_TIMEOUT_S)
            assert process.returncode == 0, complaint
            result = json.loads(answer)
            if "unavailable" in result:
                pytest.skip(reason=result["unavailable"])
            killed.update(result["killed"])
            bad += result["bad"]
    finally:
        for process in processes:
            process.kill()  # its traced child dies with it
            process.communicate()
    took = time.monotonic() - begun
    print(f"\n{module}, {blow}: {killed.total()} points, {len(bad)} findings, {took:.0f} s, {dict(killed)}")
    return _Matrix(killed, bad)


@pytest.fixture
def template(tmp_path: Path) -> Iterator[Path]:
    """A place for the template, in memory if there is one: a kill loses no page of the system's cache, disk or not."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path / "template"
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder) / "template"


@pytest.mark.parametrize("every", [36, _WHOLE])
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there_wherever_the_process_is_killed(
    template: Path, every: int
) -> None:
    matrix = _run_matrix("crash_script", template, every)

    assert matrix.bad == []
    assert matrix.points >= 700 // every


@pytest.mark.parametrize("every", [24, _WHOLE])
def test_a_process_that_is_killed_while_it_recovers_is_recovered_by_the_next(template: Path, every: int) -> None:
    matrix = _run_matrix("recovery_script", template, every)

    assert matrix.bad == []
    assert matrix.points >= 200 // every


@pytest.mark.parametrize("every", [30, _WHOLE])
def test_a_first_start_that_is_killed_is_finished_by_the_next(template: Path, every: int) -> None:
    matrix = _run_matrix("first_start_script", template, every)

    assert matrix.bad == []
    assert matrix.points >= 200 // every


def test_the_crash_matrix_finds_a_naive_store_broken(template: Path) -> None:
    matrix = _run_matrix("naive_store", template, every=4)

    assert matrix.points >= 10
    assert len(matrix.bad) >= 1


@pytest.mark.parametrize("every", [90, _WHOLE])
def test_a_power_loss_takes_nothing_that_was_acknowledged(template: Path, every: int) -> None:
    matrix = _run_matrix("crash_script", template, every, "loss")

    assert matrix.bad == []
    assert matrix.points >= 700 // every


@pytest.mark.parametrize("module", ["naive_store", pytest.param("unsynchronised_script", marks=pytest.mark.nightly)])
def test_a_power_loss_finds_a_store_broken_that_does_not_synchronise(template: Path, module: str) -> None:
    matrix = _run_matrix(module, template, every=4 if module == "naive_store" else 12, blow="loss")

    assert len(matrix.bad) > matrix.points // 3


@pytest.mark.parametrize(
    ("every", "error"),
    [
        (120, "EIO"),
        pytest.param(1, "EIO", marks=pytest.mark.nightly),
        pytest.param(1, "ENOSPC", marks=pytest.mark.nightly),
        pytest.param(3, "EDQUOT", marks=pytest.mark.nightly),
    ],
)
def test_a_call_that_fails_loses_nothing_that_was_acknowledged_and_leaves_nothing_half(
    template: Path, every: int, error: str
) -> None:
    matrix = _run_matrix("crash_script", template, every, error)

    assert matrix.bad == []
    assert matrix.points >= 700 // every


def test_failing_calls_find_a_naive_store_broken(template: Path) -> None:
    assert _run_matrix("naive_store", template, every=4, blow="EIO").bad != []
