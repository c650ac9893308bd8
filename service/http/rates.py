"""How often callers may call: so many requests in any minute, by key, and by address of who shows none.

Counted exactly, in slots of a second, on a clock that nobody sets; the memory for it is bounded whoever calls.
"""

from __future__ import annotations

import math
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_WINDOW_S = 60
_SLOTS = _WINDOW_S + 1  # the present second is not over, so the first of the minute has to count as well
_MOST_CALLERS = 20_000  # who did not call for longest is forgotten; each takes less than a kilobyte
_NETWORK = 64  # bits of the addresses of version 6 that a caller cannot change


class Rates:
    """Counts the requests of callers."""

    def __init__(self, limit: int, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._now = now
        self._callers: OrderedDict[str, _Minute] = OrderedDict()

    def wait(self, caller: str) -> int:
        """Count a request and return 0, or, if it is one too many, the seconds until one will be served."""
        now = self._now()
        minute = self._callers.get(caller)
        if minute is None:
            minute = self._callers[caller] = _Minute(int(now))
            if len(self._callers) > _MOST_CALLERS:
                self._callers.popitem(last=False)
        self._callers.move_to_end(caller)
        return minute.wait(now, self._limit)


def caller(key: str, address: str) -> str:
    """Return who is counted: a key by its name, else the address, of version 6 its network."""
    if key:
        return f"key {key}"
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return f"address {address[:60]}"
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or IPv6Address(int(parsed) >> _NETWORK << _NETWORK)
    return f"address {parsed}"


class _Minute:
    """The requests of a caller in the last minute, by second."""

    __slots__ = ("_counts", "_newest", "_total")

    def __init__(self, second: int) -> None:
        self._counts = array("I", bytes(4 * _SLOTS))
        self._newest = second
        self._total = 0

    def wait(self, now: float, limit: int) -> int:
        """Do what `Rates.wait` does."""
        second = int(now)
        for gone in range(self._newest + 1, min(second, self._newest + _SLOTS) + 1):
            self._total -= self._counts[gone % _SLOTS]
            self._counts[gone % _SLOTS] = 0
        self._newest = max(second, self._newest)
        if self._total < limit:
            self._counts[self._newest % _SLOTS] += 1
            self._total += 1
            return 0
        left = self._total
        for oldest in range(self._newest - _WINDOW_S, self._newest):
            left -= self._counts[oldest % _SLOTS]
            if left < limit:
                return max(1, math.ceil(oldest + _SLOTS - now))
        return _SLOTS
