"""Clients that hang up at any moment leave nothing behind: no connection, thread, place in the queue or memory."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from light import light_server

from store.store import Store

RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: a close is a reset


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    with light_server(store.folder.root, store, log_level="error") as (address, engine):
        engine.add("default", "light.txt", "The lighthouse is 40 metres high.")
        assert httpx.post(f"{address}/query", json={"question": "How high is it?"}, timeout=60).status_code == 200
        yield address


def leave(url: str, *, stream: bool, reset: bool, read: int) -> None:
    """Ask and hang up after so many bytes of the answer."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"question": "How high is the lighthouse?", "stream": stream}).encode()
    head = f"POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.sendall(head.encode() + b"\r\n\r\n" + (body if read >= 0 else body[:5]))
        if read > 0:
            connection.recv(read)


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def inside(url: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=60).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("tandem_requests_inside ")))


def sockets() -> int:
    """Return how many sockets this process has open."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists them
            found += str(each.readlink()).startswith("socket:")
    return found


def memory() -> int:
    """Return the resident bytes of this process, in which the server runs."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("cycles", [3, pytest.param(100, marks=pytest.mark.nightly)])
def test_who_hangs_up_leaves_nothing_behind(url: str, cycles: int) -> None:
    ways = [
        {"stream": stream, "reset": reset, "read": read}
        for stream in (True, False)
        for reset in (True, False)
        for read in (
            -1,
            0,
            1,
            4000,
        )  # in the middle of the body, before, at the first byte and after some of the answer
    ]
    for way in ways:
        leave(url, **way)  # type: ignore[arg-type]
    until(lambda: inside(url) == 0)
    before, threads, bytes_before = sockets(), threading.active_count(), memory()

    for _ in range(cycles):
        for way in ways:
            leave(url, **way)  # type: ignore[arg-type]

    until(lambda: inside(url) == 0)
    until(lambda: sockets() <= before)
    assert threading.active_count() <= threads + 40  # those of the pool are kept
    assert memory() - bytes_before < 30_000_000
    assert httpx.get(f"{url}/healthz").status_code == 200
