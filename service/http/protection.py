"""Middleware that lets in or refuses: key, rate and body size. It decides before a body byte is read."""

from __future__ import annotations

import json
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import OWNER, Access
from service.http.connections import PROBES
from service.http.gate import Gate, Headers, Refusal, values
from service.http.rates import Rates, caller

_UNCOUNTED = (*PROBES, "/metrics")


class BodyTooLargeError(Exception):
    """The body went over the limit while it was read."""


class Protection:
    """ASGI middleware: refuses what the gate does not let in, who calls too often, and with 413 too large a body.

    With `rates` who shows no key that holds is counted by address, so that nobody can try keys without end. The call of
    a request is in its state; what it may do is then there, too, as `access`.
    """

    def __init__(self, app: ASGIApp, gate: Gate, max_body_bytes: int, rates: Rates | None = None) -> None:
        self.app = app
        self._gate = gate
        self._rates = rates
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; what is neither HTTP nor the server's own start and end is turned away."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":  # there are none, and none may be a way around the key
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "There are no websockets here."})
        elif scope["type"] == "http":
            headers = scope["headers"]
            access = self._gate.admit(scope["path"], headers, scope["state"]["call"])
            wait = self._wait(scope, access)
            refusal = access if isinstance(access, Refusal) else self._objection(headers)
            if wait:
                message = f"More requests than are served in a minute (service.requests_per_minute). Wait for {wait} s."
                await refuse(send, Refusal(429, message, "rate_limit_error", "rate_limited"), retry_after=wait)
            elif refusal is None:
                scope["state"]["access"] = access
                await self._limited(scope, receive, send)
            else:
                await refuse(send, refusal)

    def _wait(self, scope: Scope, access: Access | Refusal) -> int:
        """Count a request; return the seconds that its caller has to wait, 0 if it may go on."""
        if self._rates is None or scope["path"] in _UNCOUNTED or access == OWNER:
            return 0
        address = (scope.get("client") or ("", 0))[0]
        return self._rates.wait(caller(access.by if isinstance(access, Access) else "", address))

    def _objection(self, headers: Headers) -> Refusal | None:
        """Return why the body of a request will not be read, judged by what its head says of it."""
        lengths = values(headers, b"content-length")
        if lengths and values(headers, b"transfer-encoding"):
            message = "A body has a content-length or a transfer-encoding, not both."
            return Refusal(400, message, "invalid_request_error", "invalid_http")
        return next((self._too_large() for each in lengths if not each.isdigit() or int(each) > self._limit), None)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
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
            await self.app(scope, counted, guarded)
        if seen > self._limit and not started:
            await refuse(send, self._too_large())

    def _too_large(self) -> Refusal:
        message = f"The body is larger than {self._limit} bytes."
        return Refusal(413, message, "invalid_request_error", "too_large")


async def refuse(send: Send, refusal: Refusal, *, retry_after: int | None = None) -> None:
    """Send the failure and end the connection, since the body of the request was not read."""
    error = {"message": refusal.message, "type": refusal.type, "param": refusal.param, "code": refusal.code}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-should-retry", b"false") if retry_after is None else (b"retry-after", str(retry_after).encode()),
    ]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
