"""Middleware that stands before everything else: request id, key, body size. It decides before a body byte is read.

A dependency of FastAPI would come too late: the whole multipart body lies on disk before it runs.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
OPEN_PATHS = ("/healthz",)


class BodyTooLargeError(Exception):
    """The body went over the limit while it was read."""


class Protection:
    """ASGI middleware: refuses a wrong key with 401 and a body over the limit with 413."""

    def __init__(self, app: App, api_key: str | None, max_body_bytes: int) -> None:
        self._app = app
        self._expected = f"Bearer {api_key}".encode() if api_key else None
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identified = _identified(send)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not self._may_enter(scope["path"], headers.get(b"authorization", b"")):
            message = "The key is missing or wrong: send 'Authorization: Bearer KEY'."
            await _refuse(identified, 401, message, "authentication_error", "invalid_api_key")
        elif self._expected is None and not _local(headers):
            message = "Without a key only pages and programs of this machine may call: set TANDEM_API_KEY."
            await _refuse(identified, 403, message, "permission_error", "foreign_origin")
        elif not length.isdigit() or int(length) > self._limit:
            await self._too_large(identified)
        else:
            await self._watched(scope, receive, identified)

    def _may_enter(self, path: str, given: bytes) -> bool:
        return self._expected is None or path in OPEN_PATHS or hmac.compare_digest(given, self._expected)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, but answer 413 in its stead once the body has gone over the limit."""
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise BodyTooLargeError
            return message

        async def guarded(message: Message) -> None:
            nonlocal started
            if seen <= self._limit or started:  # else the framework answers to the exception it caught
                started = True
                await send(message)

        with suppress(BodyTooLargeError):
            await self._app(scope, counted, guarded)
        if seen > self._limit and not started:
            await self._too_large(send)

    async def _too_large(self, send: Send) -> None:
        await _refuse(send, 413, f"The body is larger than {self._limit} bytes.", "invalid_request_error", "too_large")


def _local(headers: dict[bytes, bytes]) -> bool:
    """Return whether host and origin are this machine: else any page in a browser here could call, or rebind a name."""
    given = [headers[name].decode("latin-1") for name in (b"host", b"origin") if name in headers]
    try:
        return all(urlsplit(each if "//" in each else f"//{each}").hostname in _LOCAL_HOSTS for each in given)
    except ValueError:  # not even a name
        return False


def _identified(send: Send) -> Send:
    request_id = f"req_{secrets.token_hex(10)}".encode()

    async def identified(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id)]
        await send(message)

    return identified


async def _refuse(send: Send, status: int, message: str, kind: str, code: str) -> None:
    error = {"message": message, "type": kind, "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-should-retry", b"false"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
