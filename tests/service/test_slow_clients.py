"""Hundreds of clients that send or take a byte a second, or nothing: each is cut in time, and nobody else waits.

The default run has fewer of them, and limits that are a tenth; at night there are 500, the limits are those in force by
default, and they come back for a minute.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest

from service.http.server import HttpServer, bind
from service.settings import ServiceSettings

_HEAD = b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"
_STREAM = b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass(frozen=True)
class Trial:
    """How many clients, for how long, and by what the limits of the server are divided."""

    clients: int
    seconds: float
    divided: float


@dataclass
class Client:
    """A connection that does too little: what it sends at once, and then byte after byte."""

    kind: str
    connection: socket.socket
    drip: bytes
    begun: float


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Take a body, or stream without end; answer anything else at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = scope["path"] == "/body"
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message["more_body"]
    while scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"data: word\n\n" * 4000, "more_body": True})
        await asyncio.sleep(0.02)
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def serving(divided: float) -> Iterator[tuple[str, int]]:
    usual = ServiceSettings()
    limits = {
        name: getattr(usual, name) / divided
        for name in ("header_timeout_s", "body_timeout_s", "write_timeout_s", "keep_alive_s")
    }
    server = HttpServer(application, ServiceSettings(connections=1000, **limits), draining=threading.Event())
    with bind("127.0.0.1", 0) as listener, server.running(listener) as url:
        host, port = url.removeprefix("http://").split(":")
        yield host, int(port)


def started(address: tuple[str, int], number: int) -> Client:
    """Return a new client, of a kind by its number."""
    kind = ("head", "body", "reader", "idle")[number % 4]
    connection = socket.socket()
    if kind == "reader":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(address)
    with suppress(OSError):
        connection.sendall(
            {"head": b"GET / HTTP/1.1\r\nhost: x\r\nx: ", "body": _HEAD, "reader": _STREAM, "idle": b""}[kind]
        )
    connection.settimeout(0)
    return Client(kind, connection, b"a" if kind in ("head", "body") else b"", time.monotonic())


def is_cut(client: Client) -> bool:
    """Let a client do its little; return whether the server has ended the connection."""
    try:
        if client.drip:
            client.connection.send(client.drip)
        if client.kind == "reader":
            return client.connection.recv(1) == b""
        return b"HTTP/1.1 408" in (answer := client.connection.recv(4096)) or answer == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "trial", [Trial(60, 4.0, 10.0), pytest.param(Trial(500, 60.0, 1.0), marks=pytest.mark.nightly)], ids=["some", "all"]
)
def test_slow_clients_are_cut_in_time_and_nobody_waits_for_them(trial: Trial) -> None:
    lives: dict[str, list[float]] = {"head": [], "body": [], "reader": [], "idle": []}
    probes: list[float] = []
    with serving(trial.divided) as address:
        clients = [started(address, number) for number in range(trial.clients)]
        end = time.monotonic() + trial.seconds
        while time.monotonic() < end:
            turn = time.monotonic() + 1 / trial.divided
            for place, client in enumerate(clients):
                if is_cut(client):
                    lives[client.kind].append(time.monotonic() - client.begun)
                    client.connection.close()
                    clients[place] = started(address, place)
            while time.monotonic() < turn:
                probes.append(probe(address))
                time.sleep(0.02)
        for client in clients:
            client.connection.close()
        assert probe(address) < 5

    usual = ServiceSettings()
    allowed = {"head": usual.header_timeout_s, "body": 2 * usual.body_timeout_s, "idle": usual.header_timeout_s,
               "reader": 2 * usual.write_timeout_s}  # fmt: skip
    for kind, seen in lives.items():
        if allowed[kind] / trial.divided < trial.seconds - 3:
            assert seen, kind
            assert max(seen) < allowed[kind] / trial.divided + 3 / trial.divided + 2, kind
    probes.sort()
    assert probes[len(probes) * 95 // 100] < 0.25


def probe(address: tuple[str, int]) -> float:
    """Return in how many seconds the server says that it lives."""
    begun = time.monotonic()
    with closing(HTTPConnection(*address, timeout=20)) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok"
    return time.monotonic() - begun
