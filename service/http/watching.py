"""Watching requests: each gets an id, headers that keep browsers careful, a line in the log, and is counted."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.connections import request_id
from service.http.routes import Routes
from service.logs import ACCESS, REQUEST
from service.metrics import Metrics

_LOG = logging.getLogger(ACCESS)
_LEFT = 499  # what is counted for a client that left before its response began
_NO_CALL = "none"
# A page loads nothing, runs nothing, and stands in no other one; one that needs more says so itself.
_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class Watching:
    """ASGI middleware, the outermost. The log and the metrics name the call, never the path or the query."""

    def __init__(self, app: ASGIApp, routes: Routes, metrics: Metrics) -> None:
        self.app = app
        self._routes = routes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name, begun, status = request_id(), time.perf_counter(), _LEFT
        call = self._routes.find(scope["method"], scope["path"])
        state = scope.setdefault("state", {})
        state["call"], state["named"] = call, call.name if call else _NO_CALL

        async def identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_safety([*message.get("headers", []), (b"x-request-id", name)])
            await send(message)

        token = REQUEST.set(name.decode())
        try:
            await self.app(scope, receive, identified)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)
            REQUEST.reset(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        called, access = scope["state"]["named"], scope["state"].get("access")
        self._metrics.request(called, status, seconds)
        key, (client, _) = access.by if access else "", scope.get("client") or ("", 0)
        fields = {"call": called, "status": status, "ms": round(seconds * 1000, 1), "key": key, "client": client}
        shown = f"{client} {called} {status} {fields['ms']:g} ms" + (f" key {key}" if key else "")
        _LOG.info("%s", shown, extra={"fields": fields, "status": status})


def _with_safety(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = dict(headers)
    headers += [(name, value) for name, value in _SAFE if name not in names]
    if b"content-security-policy" not in names and b"html" in names.get(b"content-type", b""):
        headers.append((b"content-security-policy", _POLICY))
    return headers
