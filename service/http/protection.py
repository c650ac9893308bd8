"""Middleware that stands before everything else: request id, key, body size. It decides before a body byte is read.

A dependency of FastAPI would come too late: the whole multipart body lies on disk before it runs.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.connections import request_id

Headers = Sequence[tuple[bytes, bytes]]

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
OPEN_PATHS = ("/healthz",)
# A page loads nothing, runs nothing, and stands in no other one; one that needs more says so itself.
_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class BodyTooLargeError(Exception):
    """The body went over the limit while it was read."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in."""

    status: int
    message: str
    type: str
    code: str


class Protection:
    """ASGI middleware: refuses a wrong key with 401 and a body over the limit with 413."""

    def __init__(
        self, app: ASGIApp, api_key: str | None, max_body_bytes: int, open_paths: Collection[str] = OPEN_PATHS
    ) -> None:
        """`open_paths` need no key."""
        self._app = app
        self._open = open_paths
        self._expected = f"Bearer {api_key}".encode() if api_key else None
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; what is neither HTTP nor the server's own start and end is turned away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":  # there are none, and none may be a way around the key
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "There are no websockets here."})
        elif scope["type"] == "http":
            identified = _identified(send)
            refusal = self._objection(scope["path"], scope["headers"])
            if refusal is None:
                await self._watched(scope, receive, identified)
            else:
                await refuse(identified, refusal)

    def _objection(self, path: str, headers: Headers) -> Refusal | None:
        """Return why the request may not come in, judged by its head alone."""
        keys, lengths = _values(headers, b"authorization"), _values(headers, b"content-length")
        if not self._may_enter(path, keys):
            message = "The key is missing or wrong: send 'Authorization: Bearer KEY'."
            return Refusal(401, message, "authentication_error", "invalid_api_key")
        if self._expected is None and not _local(headers):
            message = "Without a key only pages and programs of this machine may call: set TANDEM_API_KEY."
            return Refusal(403, message, "permission_error", "foreign_origin")
        if lengths and _values(headers, b"transfer-encoding"):
            message = "A body has a content-length or a transfer-encoding, not both."
            return Refusal(400, message, "invalid_request_error", "invalid_http")
        return next((self._too_large() for each in lengths if not each.isdigit() or int(each) > self._limit), None)

    def _may_enter(self, path: str, keys: Sequence[bytes]) -> bool:
        if self._expected is None or path in self._open:
            return True
        return len(keys) == 1 and hmac.compare_digest(keys[0], self._expected)

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
            await refuse(send, self._too_large())

    def _too_large(self) -> Refusal:
        message = f"The body is larger than {self._limit} bytes."
        return Refusal(413, message, "invalid_request_error", "too_large")


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _local(headers: Headers) -> bool:
    """Return whether host and origin are this machine: else any page in a browser here could call, or rebind a name."""
    given = [value.decode("latin-1") for name in (b"host", b"origin") for value in _values(headers, name)]
    try:
        return all(urlsplit(each if "//" in each else f"//{each}").hostname in _LOCAL_HOSTS for each in given)
    except ValueError:  # not even a name
        return False


def _identified(send: Send) -> Send:
    name = request_id()

    async def identified(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"x-request-id", name)]
            names = dict(headers)
            headers += [(name, value) for name, value in _SAFE if name not in names]
            if b"content-security-policy" not in names and b"html" in names.get(b"content-type", b""):
                headers.append((b"content-security-policy", _POLICY))
            message["headers"] = headers
        await send(message)

    return identified


async def refuse(send: Send, refusal: Refusal, *, retry_after: int | None = None) -> None:
    """Send the failure and end the connection, since the body of the request was not read."""
    error = {"message": refusal.message, "type": refusal.type, "param": None, "code": refusal.code}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-should-retry", b"false") if retry_after is None else (b"retry-after", str(retry_after).encode()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
