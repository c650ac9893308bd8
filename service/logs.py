"""Logs that cannot be flooded: what repeats is written some times a minute, then only counted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from service.commands.terminal import one_line

_WINDOW_S = 60.0
_KINDS = 1000
# What anyone who reaches the port can cause, as often as they like.
_REFUSALS = (400, 401, 403, 408, 413, 429, 431, 503)


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


class Plain(logging.Filter):
    """Takes from messages what a terminal would obey: they hold paths and names that clients send."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True, the message made plain."""
        record.msg, record.args = one_line(record.getMessage()), None
        return True


def _kind(record: logging.LogRecord) -> object:
    """Return what records have in common that are counted together, None for a request that was served."""
    if record.name == "uvicorn.access":
        values = record.args
        status = values[-1] if isinstance(values, tuple) and values else None
        return status if status in _REFUSALS else None
    error = record.exc_info[0] if record.exc_info else None
    return record.name, record.msg, error
