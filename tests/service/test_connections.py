"""Connections: what comes too slowly, too much of it, or in no order is ended, and the rest is served."""

from __future__ import annotations

import asyncio
import http.client
import json
import resource
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from typing import Any

import pytest

from service.http import connections
from service.http.server import HttpServer, _report, bind, default_connections
from service.settings import ServiceSettings


class App:
    """Reads the body and says how long it was; `/large` answers with more than any buffer holds."""

    def __init__(self) -> None:
        self.started = 0
        self.left: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.started += 1
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(scope["path"])
                return
            size, more = size + len(message["body"]), message["more_body"]
        body = b"x" * 60_000_000 if scope["path"] == "/large" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(**limits: Any) -> Iterator[tuple[App, tuple[str, int]]]:
    app = App()
    server = HttpServer(app, ServiceSettings(**limits), draining=threading.Event())
    with bind("127.0.0.1", 0) as listener, server.running(listener) as url:
        host, port = url.removeprefix("http://").split(":")
        yield app, (host, int(port))


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the server closes."""
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def status(address: tuple[str, int], path: str) -> tuple[int, bytes]:
    """Return status and body that a new connection gets."""
    with closing(http.client.HTTPConnection(*address, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def failure(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert b"\r\nx-request-id: req_" in head
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", None),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", (408, "header_timeout")),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost", (408, "header_timeout")),
    ],
)
def test_a_head_that_does_not_come_ends_the_connection(sent: bytes, expected: tuple[int, str] | None) -> None:
    with serving(header_timeout_s=0.3, keep_alive_s=0.3) as (_, address), socket.create_connection(address) as slow:
        slow.settimeout(20)
        slow.sendall(sent)
        answer = everything(slow)

    if expected is None or b"\r\n\r\n0" in answer:  # the first of two requests was served, the second never came
        assert answer == b"" or answer.startswith(b"HTTP/1.1 200")
    else:
        assert failure(answer) == expected


def test_dripping_bytes_do_not_keep_a_head_open() -> None:
    with serving(header_timeout_s=0.4) as (_, address), ExitStack() as stack:
        slow, second = (stack.enter_context(socket.create_connection(address)) for _ in range(2))
        # `second` was served before and is no better for it
        second.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert second.recv(1000).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        for connection in (slow, second):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
            connection.settimeout(0.05)
        open_ones = [slow, second]
        while open_ones:
            assert time.monotonic() - begun < 20
            for connection in list(open_ones):
                try:
                    connection.sendall(b"a")
                    connection.recv(1000)
                except TimeoutError:
                    continue
                except OSError:
                    pass
                open_ones.remove(connection)


def test_a_body_that_comes_too_slowly_is_given_up_and_one_at_the_rate_is_not() -> None:
    head = b"POST /%s HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n"
    with serving(body_timeout_s=0.4, body_rate=1000, header_timeout_s=0.4) as (app, address):
        with socket.create_connection(address) as slow, socket.create_connection(address) as steady:
            slow.sendall(head % b"slow" + b"x" * 10)
            steady.sendall(head % b"steady")
            for _ in range(20):
                steady.sendall(b"x" * 200)
                time.sleep(0.05)
            assert steady.recv(1000).endswith(b"4000")
            slow.settimeout(20)
            assert failure(everything(slow)) == (408, "body_timeout")
        until(lambda: app.left == ["/slow"])


def test_a_client_that_does_not_read_is_cut_and_a_slow_one_gets_everything() -> None:
    ask = b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with serving(write_timeout_s=0.4) as (_, address), ExitStack() as stack:
        stuck, slow = (stack.enter_context(socket.create_connection(address)) for _ in range(2))
        stuck.sendall(ask)
        slow.sendall(ask)
        received, deadline = 0, time.monotonic() + 2
        while part := slow.recv(1_000_000):
            received += len(part)
            time.sleep(0.02 if time.monotonic() < deadline else 0)  # takes several times the allowed time
        assert received > 60_000_000
        stuck.settimeout(20)
        assert len(everything(stuck)) < 60_000_000


def test_more_connections_than_allowed_are_told_so_and_the_server_says_that_it_lives() -> None:
    with serving(connections=4) as (_, address), ExitStack() as stack:
        first = stack.enter_context(closing(http.client.HTTPConnection(*address, timeout=20)))
        first.request("GET", "/")
        first.getresponse().read()
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(40)]

        refused, body = status(address, "/")
        assert (refused, json.loads(body)["error"]["code"]) == (503, "too_many_connections")
        assert status(address, "/healthz")[0] == 200
        first.request("POST", "/", body=b"abc")  # one of the four goes on
        assert first.getresponse().read() == b"3"
        for connection in idle[3:-16]:  # the first fill the places, the last may still say what they want
            connection.settimeout(20)
            answer = everything(connection)
            assert failure(answer) == (503, "too_many_connections")
            assert b"retry-after: 1\r\n" in answer
        for connection in idle:
            connection.close()
        until(lambda: status(address, "/")[0] == 200)


def test_a_process_without_descriptors_says_so_briefly_and_recovers(capfd: pytest.CaptureFixture[str]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(connections=4000) as (_, address), ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(60)]
        with socket.create_connection(address) as known:
            used = max(each.fileno() for each in clients)
            resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, hard))
            try:
                for client in clients:
                    client.connect(address)
                time.sleep(2.5)  # asyncio tries again each second
                known.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                assert known.recv(1000).startswith(b"HTTP/1.1 200")
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        clients[-1].settimeout(20)
        clients[-1].sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert clients[-1].recv(1000).startswith(b"HTTP/1.1 200")

    log = capfd.readouterr().err
    assert "No new connection can be taken" in log
    assert len(log.splitlines()) < 30


def test_a_server_that_was_closed_before_it_could_accept_again_says_nothing_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def closed(callback: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_report)
        loop.call_soon(callback)
        await asyncio.sleep(0.01)

    gone = socket.socket()
    gone.close()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(closed(partial(loop._start_serving, asyncio.Protocol, gone)))  # type: ignore[attr-defined]
    assert caplog.text == ""

    loop.run_until_complete(closed(partial(int, "no number")))
    loop.close()
    assert "no number" in caplog.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\nhello", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\nhello", 501),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
def test_what_is_no_http_is_refused_in_the_shape_of_every_failure(request_: bytes, status: int) -> None:
    with serving() as (_, address), socket.create_connection(address) as connection:
        connection.settimeout(20)
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request_)

        assert failure(everything(connection)) == (status, "invalid_http")


def test_pipelined_requests_are_answered_in_order() -> None:
    with serving() as (_, address), socket.create_connection(address) as connection:
        connection.settimeout(20)
        one = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s"
        connection.sendall(
            one % (1, b"a") + one % (2, b"bb") + b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )

        answers = everything(connection).split(b"HTTP/1.1 200")[1:]

    assert [answer.rpartition(b"\r\n")[2] for answer in answers] == [b"1", b"2", b"0"]


def test_an_upgrade_to_a_websocket_is_served_as_the_plain_request_that_it_also_is() -> None:
    head = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
    with serving() as (app, address), socket.create_connection(address) as connection:
        connection.settimeout(20)
        connection.sendall(head + b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")

        assert everything(connection).startswith(b"HTTP/1.1 200")
    assert app.started == 1


@pytest.mark.parametrize(("files", "connections"), [(256, 64), (1024, 448), (1_048_576, 4096), (20, 16)])
def test_the_number_of_connections_leaves_files_to_the_rest(files: int, connections: int) -> None:
    assert default_connections(files) == connections


def test_a_burst_of_connections_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_RESERVE_S", 60.0)
    with serving(connections=4) as (_, address), ExitStack() as stack:
        burst = [stack.enter_context(socket.create_connection(address)) for _ in range(120)]
        for connection in burst:
            connection.settimeout(0)
        until(lambda: len(select.select(burst, [], [], 0)[0]) >= 100)  # but for 4 and a reserve of 16
        assert status(address, "/healthz")[0] == 200
