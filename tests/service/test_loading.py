"""While a large model is loaded, those who wait for it hold no thread, and every other request is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from light import light_server

from generator.answer import Ending, Generator, Piece, Task
from generator.backends import table
from generator.backends.table import Backend, Parts
from generator.engine import Engine
from generator.releases import make_release
from store.releases import promote
from store.store import Store

TEXT = "The lighthouse is 40 metres high."
WAITING = 60  # more than there are threads
DEADLINE_S = 30


class Slow:
    """A backend whose loading takes as long as the test wants."""

    name = "slow"

    def __init__(self) -> None:
        self.begun, self.ready = threading.Event(), threading.Event()

    def load(self, parts: Parts) -> Generator:
        del parts
        self.begun.set()
        assert self.ready.wait(2 * DEADLINE_S)
        return self

    def write(self, task: Task) -> Iterator[Piece]:
        assert task.hits
        yield Piece(f"{TEXT} [1]", Ending())


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """A slow backend in the place of `transformers`."""
    made = Slow()
    row = Backend("transformers", made.load, needs_base=False, without_passages=True, about="slow")
    monkeypatch.setattr(table, "BACKENDS", {**table.BACKENDS, "transformers": row})
    yield made
    made.ready.set()


def _promote_slow(engine: Engine) -> None:
    pinned = engine.pin("default")
    generation = pinned.manifest.generation.model_copy(update={"backend": "transformers"})
    always = pinned.manifest.thresholds.model_copy(update={"evidence": 0.0})
    manifest = pinned.manifest.model_copy(update={"generation": generation, "thresholds": always})
    release = make_release(engine.store, pinned.domain_id, manifest)
    promote(engine.store, release.id, forced=True, reason="a test", instead_of=None)


def test_a_crowd_that_waits_for_a_model_holds_up_nobody(store: Store, slow: Slow) -> None:
    with light_server(store.folder.root, store, requests=200) as (url, engine), ThreadPoolExecutor(WAITING) as pool:
        engine.create_domain("quoting")
        for domain in ("default", "quoting"):
            engine.add(domain, "light.txt", TEXT)
        _promote_slow(engine)
        body = {"question": "How high is the lighthouse?"}
        limits = httpx.Limits(max_connections=2 * WAITING)
        with httpx.Client(base_url=url, timeout=DEADLINE_S, limits=limits) as client:
            waiting = [pool.submit(client.post, "/query", json=body) for _ in range(WAITING)]
            try:
                assert slow.begun.wait(DEADLINE_S)
                quoted = client.post("/v1/domains/quoting/query", json=body)
                found = client.post("/v1/domains/default/search", json={"query": "lighthouse"})
                listed = client.get("/v1/domains")
                still = [each.done() for each in waiting]
            finally:
                slow.ready.set()
            answered = [each.result() for each in waiting]

    assert [each.status_code for each in (quoted, found, listed)] == [200, 200, 200]
    assert quoted.json()["generator"] == "extractive"
    assert not any(still)
    assert {(each.status_code, each.json()["answer"]) for each in answered} == {(200, f"{TEXT} [1]")}
