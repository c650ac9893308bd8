"""Logs that cannot be flooded, read as text or as JSON, and that repeat nothing of keys, questions and documents.

A request is told by the template of its path and its id, which its response carries as `x-request-id`; every line that
is written on its behalf has the id. Of an exception the log has where it was raised. Its message may quote anything,
so it is shown only with `service.log_level = "debug"`, unless it is one of Tandem's own or of the operating system.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from service.commands.terminal import one_line
from store.errors import TandemError

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)  # the id of the request that is served here
ACCESS = "tandem.access"  # the logger of requests
QUOTING = "service.log_level is debug: where something fails, the log may quote documents, questions and keys."
_WINDOW_S = 60.0
_KINDS = 1000
# What anyone who reaches the port can cause, as often as they like.
_REFUSALS = (400, 401, 403, 408, 413, 429, 431, 503)
_WITHHELD = "its message is left out, since it may quote a document; service.log_level = 'debug' shows it"
_DEEPEST = 10  # exceptions of a chain


class Throttle(logging.Filter):
    """Lets through `lines` records of a kind per minute; the first of the next minute says how many were left out.

    Of a kind are records with the same text before its values are put in, and requests refused with the same status.
    Requests that were served are all let through.
    """

    def __init__(self, lines: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._lines = lines
        self._clock = clock
        self._seen: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        kind = _kind(record)
        if kind is None:
            return True
        now = self._clock()
        since, count = self._seen.get(kind, (now, 0))
        if now - since >= _WINDOW_S:
            if count > self._lines:
                record.msg, record.args = f"{record.getMessage()} ({count - self._lines} more like it before)", None
            since, count = now, 0
        if len(self._seen) >= _KINDS:
            self._seen.clear()
        self._seen[kind] = (since, count + 1)
        return count < self._lines


class AsText(logging.Formatter):
    """A record on one line, its exception below it; nothing of it is obeyed by a terminal."""

    def __init__(self, *, messages: bool = False) -> None:
        """`messages` shows those of exceptions, too."""
        super().__init__()
        self._messages = messages

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        name = _request_of(record)
        lines = [f"{record.levelname}: {one_line(record.getMessage())}" + (f" [{name}]" if name else "")]
        error = record.exc_info[1] if record.exc_info else None
        lines += [one_line(line) for line in raised(error, messages=self._messages)] if error else []
        return "\n    ".join(lines)


class AsJson(logging.Formatter):
    """A record as a JSON object on one line."""

    def __init__(self, *, messages: bool = False) -> None:
        """`messages` shows those of exceptions, too."""
        super().__init__()
        self._messages = messages

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, object] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        fields["message"] = record.getMessage()
        if name := _request_of(record):
            fields["request_id"] = name
        fields |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = list(raised(record.exc_info[1], messages=self._messages))
        return json.dumps(fields, ensure_ascii=True, default=str)


FORMATS = {"text": AsText, "json": AsJson}


def raised(error: BaseException, *, messages: bool) -> Iterator[str]:
    """Yield where an exception was raised and what led to it, the first cause first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < _DEEPEST:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    for each in reversed(chain):
        for frame in traceback.extract_tb(each.__traceback__):
            yield f"{frame.filename}:{frame.lineno} in {frame.name}"
        yield f"{type(each).__name__}: {_told(each, messages=messages)}"


def _told(error: BaseException, *, messages: bool) -> str:
    if messages:
        return str(error)
    if isinstance(error, TandemError):
        return error.message
    return error.strerror if isinstance(error, OSError) and error.strerror else _WITHHELD


def _request_of(record: logging.LogRecord) -> str | None:
    return getattr(record, "request_id", None) or REQUEST.get()


def _kind(record: logging.LogRecord) -> object:
    """Return what records have in common that are counted together, None for a request that was served."""
    if record.name == ACCESS:
        status = getattr(record, "status", None)
        return status if status in _REFUSALS else None
    error = record.exc_info[0] if record.exc_info else None
    return record.name, record.msg, error
