"""The processes that read for this one: started at the first need, kept while they are sound, replaced when not."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from retriever.documents.reading_calls import LENGTH, Call, encode_calls, encode_failure, receive

_MAIN = "from retriever.documents.limited_child import main"
_START = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); {_MAIN}; sys.exit(main())"
_KEPT = 2  # processes that wait for documents
_GRACE_S = 60.0  # beyond the limits of a document: the process starts, and imports what reads it
_PART = 1 << 20
LOST_TWICE = "The process that read it was ended twice, from outside: perhaps the memory of the machine ran out."
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")  # no key, and no path of the data
Scratch = Callable[[], Path]  # names a folder that is not there yet


@dataclass(frozen=True)
class Task:
    """A call and the document that it is about."""

    call: Call
    data: bytes


class _LostError(Exception):
    """The process has ended, or does not answer."""


@dataclass(frozen=True)
class _Process:
    """A process that reads, and the folder for its temporary files."""

    popen: subprocess.Popen[bytes]
    scratch: Path


class Processes:
    """Processes that read. Each works for one thread at a time; one that fails is ended.

    The temporary files of each go into a folder of its own, which `scratch` names, and which is removed after it.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._idle: list[_Process] = []
        self._turn = threading.Lock()
        self._at_exit = weakref.finalize(self, _end_all, self._idle)

    def answers(self, tasks: Sequence[Task]) -> list[bytes]:
        """Return an answer to each task, in order.

        A process that is lost at a document gets a successor; a document at which two are lost is answered as failed.
        """
        found: list[bytes] = []
        lost_at = -1
        while len(found) < len(tasks):
            with suppress(_LostError), self._process() as process:
                for answer in _asked(process.popen, tasks[len(found) :]):
                    found.append(answer)  # noqa: PERF402  (what came before a loss is kept)
                break
            if lost_at == len(found):
                found.append(encode_failure("reader_crashed", LOST_TWICE)[LENGTH.size :])
            lost_at = len(found)
        return found

    def close(self) -> None:
        """End the processes that wait."""
        with self._turn:
            _end_all(self._idle)

    @contextmanager
    def _process(self) -> Iterator[_Process]:
        """Give a process for the time of the context; what happens to it there ends it, unless nothing happens."""
        process = self._taken() or _started(self._scratch())
        sound = False
        try:
            yield process
            sound = True
        finally:
            if not sound or not self._kept(process):
                _end(process)

    def _taken(self) -> _Process | None:
        with self._turn:
            while self._idle:
                process = self._idle.pop()
                if process.popen.poll() is None:
                    return process
                _end(process)
        return None

    def _kept(self, process: _Process) -> bool:
        with self._turn:
            if len(self._idle) < _KEPT:
                self._idle.append(process)
                return True
        return False


def _started(scratch: Path) -> _Process:
    """Start a process that finds the modules of this one, and gets nothing else of it."""
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {"TMPDIR": str(scratch)} | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    popen = subprocess.Popen(
        [sys.executable, "-I", "-c", _START, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=environment | dict.fromkeys(_ONE_THREAD, "1"),
        cwd="/",
    )
    return _Process(popen, scratch)


def _asked(process: subprocess.Popen[bytes], tasks: Sequence[Task]) -> Iterator[bytes]:
    """Send the tasks and yield their answers, in order; raise `_LostError` if one does not come."""
    calls, answers = process.stdin, process.stdout
    assert calls is not None  # noqa: S101  (both asked for when it was started)
    assert answers is not None  # noqa: S101
    try:
        for part in (encode_calls([task.call for task in tasks]), *(task.data for task in tasks)):
            left = memoryview(part)
            while left:
                left = left[calls.write(left) :]
        for task in tasks:
            deadline = time.monotonic() + task.call.wall_s + _GRACE_S
            answer = receive(partial(_read, answers.fileno(), deadline), 2 * task.call.answer)
            if answer is None:
                raise _LostError
            yield answer
    except OSError as error:  # it has closed its side
        raise _LostError from error


def _read(pipe: int, deadline: float, size: int) -> bytes:
    parts: list[bytes] = []
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while size:
        ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        part = os.read(pipe, min(size, _PART)) if ready else b""
        if not part:
            raise _LostError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _end(process: _Process) -> None:
    """End a process; the child that it may have ends with it."""
    popen = process.popen
    popen.kill()
    for pipe in (popen.stdin, popen.stdout):
        if pipe is not None:
            pipe.close()
    popen.wait()
    shutil.rmtree(process.scratch, ignore_errors=True)


def _end_all(processes: list[_Process]) -> None:
    while processes:
        _end(processes.pop())
