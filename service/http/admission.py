"""Admission: how many requests are worked on or wait for it; more are sent away at once, and told to come again."""

from __future__ import annotations

from prometheus_client import Gauge
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.connections import PROBES
from service.http.gate import Refusal
from service.http.protection import refuse

_UNCOUNTED = (*PROBES, "/metrics")


class Admission:
    """ASGI middleware that bounds the requests in the application.

    Probes, metrics and watchers of events are not counted.

    Work runs in threads, of which there are few; without a bound every client would wait for its turn in them, and
    none would be told.
    """

    def __init__(self, app: ASGIApp, limit: int, inside: Gauge) -> None:
        """`inside` is told how many there are."""
        self._app = app
        self._limit = limit
        self._inside = 0
        inside.set_function(lambda: self._inside)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or send it away with 429."""
        if scope["type"] != "http" or scope["path"] in _UNCOUNTED or _watches(scope):
            await self._app(scope, receive, send)
        elif self._inside >= self._limit:
            message = f"{self._inside} requests are being worked on (service.requests). Try again."
            await refuse(send, Refusal(429, message, "rate_limit_error", "too_many_requests"), retry_after=1)
        else:
            self._inside += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._inside -= 1


def _watches(scope: Scope) -> bool:
    """Return whether the request only waits for events, which takes no thread."""
    accepted = dict(scope["headers"]).get(b"accept", b"")
    return scope["method"] == "GET" and b"text/event-stream" in accepted
