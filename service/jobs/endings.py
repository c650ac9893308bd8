"""How a job's process ended, when it did not finish its job: its last words, or what its exit code says."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from store.errors import TandemError
from store.sqlite import sqlite_driver

_MARK = "tandem-last-words: "
_TAIL = 4000  # characters of the output that are kept with the job
_LONGEST = 500  # characters of a message
_SOURCES = Path(__file__).parents[2]  # the folder that holds our packages, and where they are installed much else
_PACKAGES = ("store", "retriever", "generator", "eval", "tuner", "service")


@dataclass(frozen=True)
class Ending:
    """Why a process ended; `suspect` is false if no document can be to blame: the disk, the database."""

    code: str
    reason: str
    suspect: bool = True


def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that nobody handled so that the worker can tell what it was; for `sys.excepthook`."""
    traceback.print_exception(kind, error, trace)
    outside = isinstance(error, OSError | SQLAlchemyError | TandemError | sqlite_driver().Error)
    about = {"type": kind.__name__, "text": str(error), "outside": outside, "at": _place(trace)}
    sys.stderr.write(f"\n{_MARK}{json.dumps(about)}\n")
    sys.stderr.flush()


def ending_of(code: int, output: str) -> Ending:
    """Return why a process ended, by its exit code and what it printed."""
    for line in reversed(output.splitlines()):
        if line.startswith(_MARK):
            words = json.loads(line.removeprefix(_MARK))
            text = " ".join(words["text"].split())[:_LONGEST]
            reason = f"The work failed with {words['type']}{': ' if text else ''}{text}".rstrip(".")
            reason += f", at {words['at']}" if words["at"] else ""
            return Ending("internal_error", f"{reason}. The traceback is in the job's events.", not words["outside"])
    if code == -signal.SIGKILL:
        return Ending("worker_died", "The worker process was killed (signal 9), most likely because memory ran out.")
    if code < 0:
        return Ending("worker_died", f"The worker process was ended by {signal.Signals(-code).name}.")
    said = next((line.strip()[:_LONGEST] for line in reversed(output.splitlines()) if line.strip()), "")
    words = f"; it said last: {said}" if said else ", without a word."
    return Ending("worker_died", f"The worker process ended with the code {code}{words}")


def without_place(text: str, home: Path) -> str:
    """Return the text without the place of the data folder: a path inside it begins at the folder."""
    for place in sorted({str(home), str(home.absolute()), str(home.resolve())}, key=len, reverse=True):
        text = text.replace(place, "the data folder")
    return text


def tail_of(output: str) -> str:
    """Return the end of what a process printed, without its last words for the worker."""
    lines = [line for line in output.splitlines() if not line.startswith(_MARK)]
    return "\n".join(lines)[-_TAIL:]


def _place(trace: TracebackType | None) -> str:
    """Return the innermost line of our own code that the exception came through: `eval/runner.py:41 (run_arm)`."""
    for frame in reversed(traceback.extract_tb(trace)):
        path = Path(frame.filename)
        if path.is_relative_to(_SOURCES) and path.relative_to(_SOURCES).parts[0] in _PACKAGES:
            return f"{path.relative_to(_SOURCES).as_posix()}:{frame.lineno} ({frame.name})"
    return ""
