"""The reading process: it reads documents for its parent, each in a forked child that has limits and nothing else.

The process itself looks into no document. A child inherits no database, no key, no open file but the pipe that its
answers go through; it can open no file but those of the interpreter and its libraries, and writes, empty files only,
in a folder that is removed after it. It ends with this process, and this process with the parent. What a reader prints
is lost.
"""

from __future__ import annotations

import math
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.reading_calls import (
    LENGTH,
    Call,
    encode_document,
    encode_failure,
    read_calls,
    receive,
)
from retriever.documents.sandbox.confinement import confine
from retriever.documents.sandbox.needs import needed_files

_FILES = 64  # descriptors that a child may have
_PART = 1 << 20
_NO_MEMORY = 77  # exit code
_Work = tuple[Call, bytes]


class _LostError(Exception):
    """The child gives no answer: it took too much, or it ended."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def main() -> int:
    """Answer calls until the parent closes the stream."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    try:
        while calls := read_calls(sys.stdin.buffer):
            for answer in _answers(calls):
                sys.stdout.buffer.write(answer)
                sys.stdout.buffer.flush()
    finally:
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)  # it was made for this process
    return 0


def _answers(calls: Sequence[_Work]) -> Iterator[bytes]:
    place = 0
    while place < len(calls):
        for answer in _by_one_child(_together(calls[place:])):
            yield answer
            place += 1


def _together(calls: Sequence[_Work]) -> Sequence[_Work]:
    """Return the calls at the beginning that one child answers."""
    if calls[0][0].alone:
        return calls[:1]
    return calls[: next((place for place, (call, _) in enumerate(calls) if call.alone), len(calls))]


def _by_one_child(calls: Sequence[_Work]) -> Iterator[bytes]:
    """Yield the answers of a child until it is lost.

    Time is counted for each document. Otherwise the first alone is surely to blame: a later one is left without an
    answer, to be the first of another child.
    """
    for module in {call.module for call, _ in calls}:
        with suppress(ImportError):  # the child says it
            import_module(module)
    readable, scratch = needed_files(), Path(tempfile.mkdtemp())
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        _work(calls, sending, readable, scratch)
    os.close(sending)
    try:
        for number, (call, _) in enumerate(calls):
            try:
                answer = _receive(receiving, call)
            except _LostError as error:
                code, reason = _explained(call, error, _end(child))
                if number == 0 or code == "too_slow":
                    yield encode_failure(code, f"Reading it as {call.name} {reason}.")
                return
            yield answer
    finally:
        os.close(receiving)
        _end(child)
        shutil.rmtree(scratch, ignore_errors=True)


def _receive(pipe: int, call: Call) -> bytes:
    deadline = time.monotonic() + call.wall_s

    def read(size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            if not _readable(pipe, deadline):
                raise _LostError("too_slow", f"takes more than {call.wall_s} seconds")
            part = os.read(pipe, min(size, _PART))
            if not part:
                raise _LostError("reader_crashed", "")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    answer = receive(read, call.answer)
    if answer is None:
        raise _LostError("too_much_text", f"gives more than {call.answer} bytes")
    return LENGTH.pack(len(answer)) + answer


def _readable(pipe: int, deadline: float) -> bool:
    """Wait until the pipe can be read, False if that is not before the deadline; end with the parent."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    poll.register(sys.stdin.fileno(), 0)  # only that it was closed: the next calls come after these answers
    ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
    if sys.stdin.fileno() in ready:
        sys.exit(1)
    return pipe in ready


def _end(child: int) -> int:
    """End the child with all that it has started, if it was not ended before; return its status."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with suppress(ProcessLookupError):  # it has not yet a group of its own
        os.kill(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        return os.waitpid(child, 0)[1]
    return 0


def _explained(call: Call, error: _LostError, status: int) -> tuple[str, str]:
    """Return why a child was lost, as a code and the end of a sentence: by how it ended, if by nothing else."""
    if error.reason:
        return error.code, error.reason
    ended = os.waitstatus_to_exitcode(status)
    if ended == -signal.SIGXCPU:
        return "too_slow", f"takes more than {call.cpu_s} seconds of computing"
    if ended == _NO_MEMORY:
        return "too_large", f"takes more than {call.memory // 1_000_000} MB of memory"
    if ended < 0:
        return error.code, f"crashed ({signal.Signals(-ended).name})"
    return error.code, f"ended without an answer (exit code {ended})"


def _work(calls: Sequence[_Work], answers: int, readable: Sequence[Path], scratch: Path) -> None:
    """Be the child: answer the calls and end."""
    try:
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        _let_go_of_all_but(answers)
        confine(readable, scratch)
        for call, data in calls:
            _limit(call)
            with _Answering(call) as answering:
                answering.answer = encode_document(_read(call, data))
            left = memoryview(answering.answer)
            while left:
                left = left[os.write(answers, left) :]
    finally:
        os._exit(0)


def _read(call: Call, data: bytes) -> ReadDocument:
    reader = import_module(call.module)
    found = getattr(reader, call.function)(data)
    document = ReadDocument("", doubt=found) if call.function == "doubt" else found
    if not isinstance(document, ReadDocument):
        raise TypeError(f"{call.module} gives {type(document).__name__}")
    return document


def _let_go_of_all_but(kept: int) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    with suppress(OSError):  # if memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _FILES)):
        resource.setrlimit(kind, (most, most))


def _limit(call: Call) -> None:
    """Set what this call may take; a child that is to read no other cannot raise it again."""
    computing = math.ceil(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + call.cpu_s
    for kind, soft, most in (
        (resource.RLIMIT_AS, call.memory, call.memory),
        (resource.RLIMIT_CPU, computing, computing + 1),  # at the first it is told, at the second it is killed
    ):
        _, hard = resource.getrlimit(kind)
        allowed = hard if hard != resource.RLIM_INFINITY else max(soft, most)
        resource.setrlimit(kind, (min(soft, allowed), min(most, allowed) if call.alone else hard))


class _Answering:
    """Makes an answer of whatever a reader raises: nothing it does may leave the parent without one."""

    def __init__(self, call: Call) -> None:
        self.answer = b""
        self._call = call

    def __enter__(self) -> _Answering:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if isinstance(error, UnreadableError):
            self.answer = encode_failure(error.code, error.message)
        elif isinstance(error, MemoryError):
            os._exit(_NO_MEMORY)  # no answer: the documents before it may be to blame
        elif error is not None:
            reason = f"{type(error).__name__}: {error}"[:300]
            self.answer = encode_failure("reader_failed", f"Reading it as {self._call.name} failed: {reason}.")
        return True
