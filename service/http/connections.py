"""Connections that cannot be kept for nothing: limits of time and number that uvicorn does not have.

A request head has to come within a time, a body has to come at a rate, a response has to be read, and there is a number
of connections. Beyond that number a connection may only ask whether the server lives; anything else is answered 503 and
closed. All of it happens before the key is looked at, so it must hold against anyone who reaches the port.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from service.settings import ServiceSettings

PROBES = ("/healthz", "/readyz")
_RESERVE = 16  # connections over the limit that may show what they want; the oldest makes room for the newest
_RESERVE_S = 1.0  # for that
_LINGER_S = 2.0  # what a refused client is still sending is read and dropped for so long, so that it sees the refusal
_READ_RATE = 1024  # bytes per second of a response that the client has to take
_SWEEP_S = 1.0


def request_id() -> bytes:
    """Return a new name for a request, which its response carries."""
    return f"req_{secrets.token_hex(10)}".encode()


class _Transport:
    """A transport whose `close` lets the client finish sending: unread bytes would make the system reset it."""

    def __init__(self, transport: asyncio.Transport, connection: GuardedProtocol) -> None:
        self._transport = transport
        self._connection = connection
        self.closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Return whether the connection takes no more requests."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """Close at once, or, while the client is still sending, after it stopped or `_LINGER_S`."""
        if self._transport.is_closing() or self.closing:
            return
        self.closing = True
        if self._connection.may_linger():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()

    def finish(self) -> None:
        """Close without waiting for the client."""
        self.closing = True
        self._transport.close()


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 of one connection, under a guard."""

    def __init__(self, guard: Guard, **given: Any) -> None:
        super().__init__(**given)
        self._guard = guard
        self._since = self.loop.time()  # of the head that is awaited, once its first byte is there
        self._head = True  # whether a head is being received, or none was ever
        self._body = _Progress()
        self._body_of: object = None  # the request that this is the body of
        self._response = _Progress()
        self._closing_since: float | None = None
        self.in_reserve = False

    @property
    def idle(self) -> bool:
        """Whether no request is being served."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take part in what the guard watches."""
        super().connection_made(_Transport(transport, self))  # type: ignore[arg-type]
        self._guard.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the guard."""
        self._guard.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Go on with the request; what comes after a refusal is dropped."""
        if self.transport.is_closing():
            return
        if self.idle and not self._head:
            self._head, self._since = True, self.loop.time()
        self._body.total += len(data)
        super().data_received(data)
        if not self.idle:
            self._head = False

    def pause_writing(self) -> None:
        """Begin to watch whether the client reads."""
        self._response = _Progress()
        super().pause_writing()

    def _unsupported_upgrade_warning(self) -> None:
        """Serve the request as if it asked for no upgrade, which HTTP allows, without a word in the log."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; a head that is too large has a status of its own."""
        error = sys.exc_info()[1]
        status = getattr(error, "error_status_hint", 400)
        self.refuse(status, f"The request is no HTTP/1.1 that can be served: {error or msg}.", "invalid_http")

    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer with a failure unless an answer has begun, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_refusal(status, message, code))
        if not self.idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def may_linger(self) -> bool:
        """Return whether the client is likely to be sending still."""
        state = self.conn.their_state
        return state in (h11.SEND_BODY, h11.ERROR) and self._guard.has_room()

    def check(self, now: float) -> None:
        """End the connection if its client is overdue."""
        limits = self._guard.settings
        transport: _Transport = self.transport  # type: ignore[assignment]
        waiting = transport.get_write_buffer_size()
        if waiting and self._response.stalled(-waiting, now, limits.write_timeout_s, _READ_RATE):
            transport.abort()
        elif transport.is_closing():
            self._closing_since = self._closing_since or now
            if not waiting and now - self._closing_since > _LINGER_S:
                transport.finish()
        elif self.idle:
            self._check_head(now)
        elif not self._owes_body():
            self._body = _Progress()
        elif self._body.stalled(self._body.total, now, limits.body_timeout_s, limits.body_rate):
            message = f"The body came slower than {limits.body_rate} bytes per second."
            self.refuse(408, message, "body_timeout")

    def _owes_body(self) -> bool:
        """Return whether it is the client that a body waits for, and not this server."""
        fresh = self._body_of is not self.cycle
        self._body_of = self.cycle
        asked = not (self.flow.read_paused or self.cycle.waiting_for_100_continue)
        return bool(self.cycle.more_body) and asked and not fresh

    def _check_head(self, now: float) -> None:
        allowed_s = self._guard.settings.header_timeout_s
        if self.in_reserve and now - self._since > _RESERVE_S:
            self.refuse(503, _overloaded(self._guard.limit), "too_many_connections")
        elif self._head and now - self._since > allowed_s:
            if self.cycle is None and not self.conn.trailing_data[0]:
                self.transport.close()  # it never said anything
            else:
                self.refuse(408, f"The head of the request did not come within {allowed_s:g} s.", "header_timeout")


class _Progress:
    """Whether a count grows by at least `rate` per second, looked at in windows of `window_s` seconds."""

    def __init__(self) -> None:
        self.total = 0
        self._at: float | None = None
        self._count = 0

    def stalled(self, count: int, now: float, window_s: float, rate: int) -> bool:
        """Return whether a window has ended in which the count grew too little."""
        if self._at is None or count < self._count:
            self._at, self._count = now, count
            return False
        if now - self._at < window_s:
            return False
        grown, took = count - self._count, now - self._at
        self._at, self._count = now, count
        return grown < rate * took


class Guard:
    """Watches the connections of a server: how many there are, and whether each gets on."""

    def __init__(self, settings: ServiceSettings, limit: int) -> None:
        self.settings = settings
        self.limit = limit
        self._connections: dict[GuardedProtocol, None] = {}
        self._reserve: dict[GuardedProtocol, None] = {}

    def enter(self, connection: GuardedProtocol) -> None:
        """Admit a connection, or let it into the reserve, where only probes are answered."""
        self._connections[connection] = None
        if len(self._connections) - len(self._reserve) <= self.limit:
            return
        self._reserve[connection] = None
        connection.in_reserve = True
        connection.app = _Overloaded(connection.app, self.limit)
        staying = [each for each in self._reserve if not each.transport.is_closing()]
        idle = [each for each in staying if each.idle]
        crowded = len(staying) - len(idle) >= _RESERVE
        for one in [*idle[:-_RESERVE], *([connection] if crowded else [])]:
            one.refuse(503, _overloaded(self.limit), "too_many_connections")

    def leave(self, connection: GuardedProtocol) -> None:
        """Forget a connection that is closed."""
        self._connections.pop(connection, None)
        self._reserve.pop(connection, None)

    def has_room(self) -> bool:
        """Return whether a connection that ends may take some time for it."""
        return len(self._connections) <= self.limit + _RESERVE

    async def sweep(self) -> None:
        """End what is overdue, again and again."""
        loop = asyncio.get_running_loop()
        limits = self.settings
        shortest = min(limits.header_timeout_s, limits.body_timeout_s, limits.write_timeout_s)
        while True:
            await asyncio.sleep(min(_SWEEP_S, shortest / 4))
            for connection in list(self._connections):
                connection.check(loop.time())


class _Overloaded:
    """What a connection over the limit gets: probes are answered, then it is closed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, the last of its connection."""

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        if scope["path"] in PROBES:
            await self._app(scope, receive, last)
            return
        body = _body(503, _overloaded(self._limit), "too_many_connections")
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"retry-after", b"1"), (b"connection", b"close"), (b"x-request-id", request_id())]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _overloaded(limit: int) -> str:
    return f"The server has its {limit} connections in use (service.connections). Try again later."


def _body(status: int, message: str, code: str) -> bytes:
    kind = "unavailable_error" if status == 503 else "invalid_request_error"
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()


def _refusal(status: int, message: str, code: str) -> bytes:
    """Return a whole response, for where no request was understood."""
    body = _body(status, message, code)
    again = b"retry-after: 1\r\n" if status == 503 else b""
    head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % (
        status,
        STATUS_PHRASES.get(status, b""),
        len(body),
    )
    return head + again + b"x-request-id: " + request_id() + b"\r\nconnection: close\r\n\r\n" + body
