"""A server that is told to stop takes nothing new, lets what it serves end, and goes within its limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from light import LightRuntime

from generator.answer import Ending, Piece, Task
from service.http.app import create_app
from service.http.server import HttpServer, bind
from store.store import Store

TEXT = "The lighthouse is 40 metres high."


class Writer:
    """A generator that writes until it may end, or until nobody waits for it."""

    name = "writer"

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.was_left = False

    def write(self, task: Task) -> Iterator[Piece]:
        self.begun.set()
        until(lambda: self.may_end.is_set() or task.cancelled())
        self.was_left = task.cancelled()
        yield Piece("", Ending())


@dataclass(frozen=True)
class Asked:
    """A server with a question under way since `begun`."""

    server: HttpServer
    draining: threading.Event
    url: str
    writer: Writer
    answer: Future[httpx.Response]
    begun: float


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def asked(store: Store, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Asked]:
    """A server that answers a question; when the test is over it has ended."""
    runtime = LightRuntime(store.folder.root, store, stop_s=request.param)
    runtime.engine.add("default", "light.txt", TEXT)
    writer = Writer()
    monkeypatch.setattr(runtime.engine.answerer, "_generators", lambda *_: writer)
    monkeypatch.setattr("generator.answering.estimate", lambda *_: 1.0)
    server = HttpServer(create_app(runtime), runtime.settings.service, draining=runtime.draining)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as pool, bind("127.0.0.1", 0) as listener, server.running(listener) as url:
        answer = pool.submit(httpx.post, f"{url}/query", json={"question": "How high?"}, timeout=30)
        assert writer.begun.wait(20)
        yield Asked(server, runtime.draining, url, writer, answer, time.monotonic())
        writer.may_end.set()


@pytest.mark.parametrize("asked", [30.0], indirect=True)
def test_what_is_served_ends_and_nothing_new_is_taken(asked: Asked) -> None:
    asked.server.should_exit = True

    until(asked.draining.is_set)
    begun = time.monotonic()
    until(lambda: not _listens(asked.url))
    assert time.monotonic() - begun < 1
    assert not asked.answer.done()
    asked.writer.may_end.set()

    assert asked.answer.result(timeout=20).status_code == 200
    assert not asked.writer.was_left


@pytest.mark.parametrize("asked", [0.3], indirect=True)
def test_what_does_not_end_is_given_up_within_the_limit(asked: Asked) -> None:
    asked.server.should_exit = True

    until(lambda: asked.writer.was_left)
    assert time.monotonic() - asked.begun < 5
    failed = asked.answer.exception(timeout=20)
    assert isinstance(failed, httpx.HTTPError) or asked.answer.result().status_code >= 500


def _listens(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
