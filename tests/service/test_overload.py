"""Clients that wait, come in crowds, leave early, or meet an error: the others do not notice."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest
from light import light_server

from generator.answer import Ending, Piece, Task
from generator.engine import Engine
from retriever.index import domain_index as index
from service.http.gate import Gate
from service.http.protection import Protection
from service.keyring import Keyring
from service.wire.tandem.access import need_of
from store.passages import last_seq
from store.store import Store

SEARCH = "/v1/domains/default/search"
TEXT = "The lighthouse is 40 metres high."


class Writer:
    """A generator that writes until nobody waits for it any more."""

    name = "writer"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.writing: list[str] = []
        self.ended: list[str] = []

    def write(self, task: Task) -> Iterator[Piece]:
        self.begun.set()
        self.writing.append(task.question)
        deadline = time.monotonic() + 20
        while not task.cancelled():
            if time.monotonic() > deadline:
                self.ended.append("too late")
                break
            time.sleep(0.01)
        else:
            self.ended.append("cancelled")
        yield Piece("", Ending())


@pytest.fixture
def served(store: Store) -> Iterator[tuple[httpx.Client, Engine]]:
    """A client of a server with one document."""
    with light_server(store.folder.root, store, requests=200) as (url, engine):
        engine.add("default", "light.txt", TEXT)
        with httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=300)) as client:
            yield client, engine


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_changes_that_nobody_made_hold_up_nobody(served: tuple[httpx.Client, Engine]) -> None:
    client, _ = served
    body = {"query": "lighthouse", "min_seq": 1_000_000_000}
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: client.post(SEARCH, json=body), range(60)))

    assert {answer.status_code for answer in answers} == {400}
    error = answers[0].json()["error"]
    assert (error["param"], error["code"]) == ("min_seq", "no_such_change")
    assert "the newest is 1" in error["message"]
    assert client.post("/query", json={"question": "How high?", "min_seq": 5}).json()["error"]["param"] == "min_seq"


def test_waiting_for_a_change_holds_no_thread(
    served: tuple[httpx.Client, Engine], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, engine = served
    domain = engine.pin("default").domain_id
    go_on, changes = threading.Event(), index.changes_since

    def slowly(*args: Any) -> Any:
        assert go_on.wait(60)
        return changes(*args)

    monkeypatch.setattr(index, "changes_since", slowly)
    adding = threading.Thread(target=engine.add, args=("default", "tower.txt", "The tower is 90 metres high."))
    adding.start()
    until(lambda: last_seq(store, domain) == 2)
    with ThreadPoolExecutor(100) as pool:  # more than there are threads
        body = {"query": "tower", "min_seq": 2}
        waiting = [pool.submit(client.post, SEARCH, json=body) for _ in range(100)]
        try:
            quick = [client.post(SEARCH, json={"query": "lighthouse"}).status_code for _ in range(5)]
            assert quick == [200] * 5
            assert client.get("/v1/domains").status_code == 200
        finally:
            go_on.set()
        found = [each.result() for each in waiting]
    adding.join()

    assert {answer.status_code for answer in found} == {200}
    assert all("tower.txt" in answer.text for answer in found)


def test_more_requests_than_can_wait_are_told_to_come_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with light_server(store.folder.root, store, requests=3) as (url, engine), ThreadPoolExecutor(3) as pool:
        writer = Writer()
        monkeypatch.setattr(engine.answerer, "_generators", lambda *_: writer)
        monkeypatch.setattr("generator.answering.estimate", lambda *_: 1.0)
        with httpx.Client(base_url=url, timeout=5) as leaving:
            asked = [pool.submit(leaving.post, "/query", json={"question": "Why?"}) for _ in range(3)]
            until(lambda: len(writer.writing) == 3)  # asking meanwhile would take the place of one of them

            refused = httpx.get(f"{url}/v1/domains")
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "1"
            assert (refused.json()["error"]["type"], refused.json()["error"]["code"]) == (
                "rate_limit_error",
                "too_many_requests",
            )
            assert httpx.get(f"{url}/healthz").status_code == 200
            for each in asked:
                assert isinstance(each.exception(), httpx.ReadTimeout)
        until(lambda: writer.ended == ["cancelled"] * 3)
        until(lambda: httpx.get(f"{url}/v1/domains").status_code == 200)


@pytest.mark.parametrize("stream", [True, False])
def test_nobody_writes_for_a_client_that_left(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    client, engine = served
    writer = Writer()
    monkeypatch.setattr(engine.answerer, "_generators", lambda *_: writer)
    monkeypatch.setattr("generator.answering.estimate", lambda *_: 1.0)
    body = json.dumps({"question": "How high is the lighthouse?", "stream": stream}).encode()
    head = f"POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        if stream:
            connection.settimeout(20)
            assert b"cache-control: no-cache" in connection.recv(100_000)
        assert writer.begun.wait(20)

    until(lambda: writer.ended != [])
    assert writer.ended == ["cancelled"]


def test_an_error_in_the_middle_of_a_stream_is_its_last_event(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, engine = served

    def fail(_: object) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(engine.answerer._reader, "read", lambda *_: fail(0))
    answer = client.post("/query", json={"question": "How high is the lighthouse?", "stream": True})

    events = [block.split("\n", 1) for block in answer.text.strip().split("\n\n")]
    assert [name for name, _ in events] == ["event: passages", "event: error"]
    error = json.loads(events[-1][1].removeprefix("data: "))["error"]
    assert (error["code"], error["type"]) == ("internal_error", "server_error")
    assert "secret" not in answer.text
    assert "POST /query failed" in caplog.text


def test_a_connection_outlives_a_request_that_failed(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = served

    def fail(*_: object) -> None:
        raise KeyError("not foreseen")

    monkeypatch.setattr("service.actions.models.list_models", fail)
    with closing(http.client.HTTPConnection(client.base_url.host, client.base_url.port, timeout=20)) as connection:
        connection.connect()
        first = connection.sock
        for path, status in (("/v1/models", 500), ("/v1/domains", 200), ("/v1/models", 500), ("/healthz", 200)):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, len(answer.read()) > 0) == (status, True)
        assert connection.sock is first


def test_no_message_shows_where_the_data_lies(
    served: tuple[httpx.Client, Engine], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = served

    def fail(*_: object) -> None:
        from store.errors import DamagedError

        raise DamagedError(f"{store.folder.root}/artifacts/a1 is damaged, {store.folder.root.resolve()} too.")

    monkeypatch.setattr("service.actions.models.list_models", fail)

    assert client.get("/v1/models").json()["error"]["message"] == "artifacts/a1 is damaged, the data folder too."


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked", 400),
        (b"TRACE /query HTTP/1.1\r\nhost: localhost", 405),
        (b"CONNECT localhost:80 HTTP/1.1\r\nhost: localhost", 404),
        (b"GET /v1/domains/%00 HTTP/1.1\r\nhost: localhost", 404),
        (b"GET /v1/domains/..%2f..%2fetc HTTP/1.1\r\nhost: localhost", 404),
        (b"GET http://example.org/v1/domains HTTP/1.1\r\nhost: example.org", 403),
        (b"GET /v1/domains HTTP/1.1\r\nhost: localhost.example.org", 403),
        (b"GET /v1/domains HTTP/1.1\r\nhost: localhost\r\norigin: http://x.org\r\norigin: http://localhost", 403),
        (b"GET /v1/domains HTTP/1.1\r\nhost: localhost\r\n" + b"x: y\r\n" * 2000 + b"x: y", 200),
    ],
)
def test_odd_requests_get_a_plain_answer(served: tuple[httpx.Client, Engine], head: bytes, status: int) -> None:
    client, _ = served
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.settimeout(20)
        connection.sendall(head + b"\r\n\r\n")

        assert connection.recv(100_000).startswith(b"HTTP/1.1 %d" % status)
    assert client.get("/healthz").status_code == 200


def test_a_wrong_key_is_refused_before_the_body_is_asked_for(store: Store) -> None:
    with light_server(store.folder.root, store, api_key="correct-horse") as (url, _):
        host, port = url.removeprefix("http://").split(":")
        for keys in ("wrong", "wrong\r\nauthorization: Bearer correct-horse"):
            head = f"POST /documents HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nauthorization: Bearer {keys}\r\n"
            with socket.create_connection((host, int(port))) as connection:
                connection.settimeout(20)
                connection.sendall(f"{head}content-type: application/json\r\ncontent-length: 9000000\r\n\r\n".encode())

                assert connection.recv(100).startswith(b"HTTP/1.1 401")


def test_a_refusal_reaches_a_client_that_is_still_sending(store: Store) -> None:
    with light_server(store.folder.root, store, api_key="correct-horse") as (url, _):
        for _ in range(5):
            answer = httpx.post(f"{url}/documents", content=b"x" * 20_000_000, timeout=60)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("kind", ["websocket", "webtransport"])
def test_nothing_but_http_gets_past_the_key(store: Store, kind: str) -> None:
    sent: list[dict[str, Any]] = []

    async def unreachable(*_: Any) -> None:
        raise AssertionError("behind the key")

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(Keyring(store, None), need_of)
    protection = Protection(unreachable, gate, 100)
    asyncio.run(protection({"type": kind, "path": "/healthz", "headers": []}, receive, send))

    assert [(each["type"], each["code"]) for each in sent] == (
        [("websocket.close", 1008)] if kind == "websocket" else []
    )
