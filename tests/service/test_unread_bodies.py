"""Uploads that will be refused: the answer comes before the body, of which nothing is kept in memory or on the disk."""

from __future__ import annotations

import resource
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from light import light_server

from store.store import Store

KEY = "correct-horse-battery"
_PART = b"--b\r\ncontent-disposition: form-data; name=files; filename=a.md\r\n\r\n"
_BLOCK = b"x" * 65_536
_MOST = 15_000_000  # bytes by which the memory of this process, client and server, may grow
_HEADERS = {
    "no key": "content-length: {size}\r\n",
    "wrong key": "authorization: Bearer wrong\r\ncontent-length: {size}\r\n",
    "chunked": "transfer-encoding: chunked\r\n",
    "over the limit": "authorization: Bearer {key}\r\ncontent-length: 999999999\r\n",
    "chunked, over the limit": "authorization: Bearer {key}\r\ntransfer-encoding: chunked\r\n",
    "negative": "authorization: Bearer {key}\r\ncontent-length: -1\r\n",
    "two lengths": "authorization: Bearer {key}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n",
    "too often": "authorization: Bearer {key}\r\ncontent-length: {size}\r\n",
}
_STATUS = {"no key": 401, "wrong key": 401, "chunked": 401, "negative": 400, "two lengths": 400, "too often": 429}


@pytest.fixture
def spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder into which bodies would be spooled."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@contextmanager
def watched(place: Path) -> Iterator[list[int]]:
    """Look again and again how many bytes lie in a folder, and collect what was seen, deleted open files included."""
    seen: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            links = [link for link in Path("/proc/self/fd").iterdir() if str(place) in _target(link)]
            seen.append(sum(_size(each) for each in (*place.rglob("*"), *links)))
            time.sleep(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    yield seen
    done.set()
    thread.join()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@pytest.mark.parametrize("size", [20_000_000, pytest.param(300_000_000, marks=pytest.mark.nightly)])
def test_nothing_of_a_refused_body_is_taken(store: Store, spooled: Path, size: int) -> None:
    with light_server(store.folder.root, store, KEY, max_body_bytes=1_000_000, requests_per_minute=8) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        for name, headers in _HEADERS.items():
            before = _memory()
            with watched(spooled) as seen:
                answer = _answer((host, int(port)), headers.format(size=size, key=KEY), size)
            status = _STATUS.get(name, 413)
            assert int(answer.split()[1]) == status, (name, answer)
            assert _memory() - before < _MOST, name
            assert max(seen) <= (1_000_000 if name == "chunked, over the limit" else 0), name
            if name == "two lengths":
                _use_up((host, int(port)))


def _use_up(address: tuple[str, int]) -> None:
    """Make the requests that the key may still make in this minute."""
    for _ in range(8):
        with socket.create_connection(address, timeout=20) as connection:
            head = f"GET /v1/domains HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {KEY}\r\n\r\n"
            connection.sendall(head.encode())
            while connection.recv(65_536):
                pass


def _memory() -> int:
    """Return the bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _answer(address: tuple[str, int], headers: str, size: int) -> str:
    """Send an upload, until the server hangs up or all of it is sent, and return the answer."""
    begin = f"POST /documents HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n{headers}\r\n"
    chunked = "chunked" in headers
    sent = 0
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(begin.encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            block = _PART
            while sent < size:
                connection.sendall(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
                sent += len(block)
                block = _BLOCK
        answer = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                answer += part
    return answer.decode("latin-1")
