"""Readiness: `/readyz` says whether questions can be answered, and `doctor` names what stands in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import HashEncoder, WordReader
from light import LightRuntime, light_server

from generator.engine import Engine
from generator.releases import make_release, typed
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from service import readiness
from service.readiness import Monitor
from store.domains import get_domain
from store.errors import ConflictError, DamagedError
from store.receiving import receive
from store.releases import promote, served_releases
from store.sqlite import sqlite_driver
from store.store import Store


@pytest.fixture
def served(store: Store) -> Iterator[tuple[str, Engine]]:
    with light_server(store.folder.root, store) as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every call."""
    monkeypatch.setattr(readiness, "_FRESH_S", 0.0)


_NO_TENSORS = (2).to_bytes(8, "little") + b"{}"


def serve_with(store: Store, engine: Engine, domain: str, **changes: Any) -> str:
    """Let a domain serve a release that nobody would have let through."""
    found = get_domain(store, domain)
    manifest = engine.default_manifest().model_copy(update=changes)
    release = make_release(store, found.id, manifest)
    promote(store, release.id, forced=True, reason="test")
    return release.id


def test_a_server_that_can_answer_is_ready(served: tuple[str, Engine]) -> None:
    url, _ = served
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
    assert httpx.get(f"{url}/v1/doctor").json()["status"] == "ready"


def test_a_domain_that_cannot_be_served_is_named_and_all_of_them_are_not_ready(
    served: tuple[str, Engine], store: Store
) -> None:
    url, engine = served
    engine.create_domain("second")
    release = serve_with(store, engine, "second", reranker="reader")

    answer = httpx.get(f"{url}/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    (problem,) = answer.json()["problems"]
    assert (problem["part"], problem["domain"]) == ("release", "second")
    assert release in problem["message"]
    assert "reranker reader is not loaded" in problem["message"]
    assert httpx.get(f"{url}/v1/doctor").json()["problems"] == [problem]

    serve_with(store, engine, "default", space_id="spc_other")
    answer = httpx.get(f"{url}/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "spc_other" in answer.json()["error"]["message"]


@pytest.mark.parametrize("table", ["passages", "texts", "releases", "vectors"])
def test_a_damaged_page_makes_it_unavailable(store: Store, table: str) -> None:
    engine = LightRuntime(store.folder.root, store).engine
    engine.add("default", "a.txt", "One fact. " * 200)
    home = store.folder.root
    store.close()
    with closing(sqlite_driver().connect(str(home / "tandem.db"))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (home / "tandem.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(bytes(size))
    damaged = Store.open(home)
    runtime = LightRuntime.__new__(LightRuntime)
    runtime.store, runtime.draining, runtime.engine = damaged, threading.Event(), engine

    found = Monitor(runtime).look()  # type: ignore[arg-type]
    damaged.close()

    assert found.status == "unavailable"
    assert "damaged" in found.problems[0].message


def test_an_answer_about_readiness_waits_behind_nothing(
    served: tuple[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = served
    go_on, arrived = threading.Event(), threading.Semaphore(0)

    def stuck(*_: object) -> list[object]:
        arrived.release()
        assert go_on.wait(60)
        return []

    monkeypatch.setattr("service.actions.models.list_models", stuck)
    asking = [threading.Thread(target=httpx.get, args=(f"{url}/v1/models",), kwargs={"timeout": 60}) for _ in range(60)]
    for each in asking:
        each.start()
    for _ in range(40):  # all threads that there are
        assert arrived.acquire(timeout=30)
    try:
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        assert httpx.get(f"{url}/healthz").status_code == 200
    finally:
        go_on.set()
    for each in asking:
        each.join()


def test_a_database_that_does_not_answer_is_a_reason(
    served: tuple[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = served
    go_on = threading.Event()
    monkeypatch.setattr(readiness, "_ANSWER_S", 0.2)
    monkeypatch.setattr(readiness, "probe", lambda _: go_on.wait(60))
    begun = time.monotonic()

    answers = [httpx.get(f"{url}/readyz") for _ in range(3)]

    go_on.set()
    assert [answer.status_code for answer in answers] == [503] * 3
    assert "did not answer" in answers[0].json()["error"]["message"]
    assert time.monotonic() - begun < 20
    assert httpx.get(f"{url}/readyz").status_code == 200


def test_what_fails_in_the_background_and_a_full_disk_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = LightRuntime(store.folder.root, store)
    monitor = Monitor(runtime)  # type: ignore[arg-type]
    assert monitor.look().status == "ready"

    monkeypatch.setattr(runtime, "failures", lambda: ["The worker ended."])
    monkeypatch.setattr("store.space.Space.is_low", lambda _: True)
    found = monitor.look()
    assert found.status == "degraded"
    assert [each.part for each in found.problems] == ["disk", "jobs"]

    runtime.draining.set()
    assert [each.message for each in monitor.look().problems] == ["The server is stopping."]


def test_a_release_that_the_server_cannot_serve_is_neither_made_nor_promoted(
    served: tuple[str, Engine], store: Store
) -> None:
    url, engine = served
    made = httpx.post(f"{url}/v1/domains/default/releases", json={"set": {"reranker": "reader"}})
    assert (made.status_code, made.json()["error"]["code"]) == (409, "no_reranker")
    assert "configured is none" in made.json()["error"]["message"]

    manifest = engine.default_manifest().model_copy(update={"reranker": "reader"})
    release = make_release(store, get_domain(store, "default").id, manifest)
    forced = {"force": True, "reason": "x"}
    promoted = httpx.post(f"{url}/v1/releases/{release.id}/promote", json=forced)
    assert (promoted.status_code, promoted.json()["error"]["code"]) == (409, "no_reranker")
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}

    promote(store, release.id, forced=True, reason="as when the settings change later")
    serve_with(store, engine, "default", passage_encoder="another name")
    back = httpx.post(f"{url}/v1/domains/default/rollback")
    assert (back.status_code, back.json()["error"]["code"]) == (409, "no_reranker")
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}


def test_the_doctor_names_documents_that_were_given_up(served: tuple[str, Engine], store: Store) -> None:
    url, engine = served
    domain = get_domain(store, "default")
    receive(store, domain.id, "bad.txt", b"\x00\x01\x02", title="bad", media_type="application/pdf")
    engine.add("default", "good.txt", "The pier is long.")
    with store.database.write() as connection:
        error = '{"code": "parse_failed", "message": "No text."}'
        sql = "UPDATE documents SET status = 'failed', error = ? WHERE external_id = 'bad.txt'"
        connection.exec_driver_sql(sql, (error,))

    found = httpx.get(f"{url}/v1/doctor").json()

    (named,) = found["given_up"]
    assert found["given_up_total"] == 1
    assert (named["external_id"], named["status"], named["code"]) == ("bad.txt", "failed", "parse_failed")
    (domain_found,) = found["domains"]
    assert (domain_found["failed"], domain_found["quarantined"], domain_found["index_seq"]) == (1, 0, 1)
    assert {"name": "service.requests", "value": "256"} in found["settings"]
    assert found["disk_free"] > 0


def test_a_request_that_failed_on_damage_lets_all_pages_be_read(
    served: tuple[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = served
    looks: list[object] = []

    def looked(store: object) -> set[str]:
        looks.append(store)
        return {"job_events"}

    def fail(*_: object) -> None:
        raise DamagedError("a page")

    monkeypatch.setattr(readiness, "damaged_tables", lambda _: set())
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
    monkeypatch.setattr(readiness, "damaged_tables", looked)
    monkeypatch.setattr("service.actions.models.list_models", fail)
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}  # all pages are not read each time

    assert httpx.get(f"{url}/v1/models").status_code == 500

    answer = httpx.get(f"{url}/readyz").json()
    assert (answer["status"], len(looks)) == ("degraded", 1)  # no question needs that table
    assert "job_events" in answer["problems"][0]["message"]


def test_a_base_model_that_is_gone_is_named(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in (("config.json", b"{}"), ("tokenizer.json", b"{}"), ("model.safetensors", _NO_TENSORS)):
        (folder / name).write_bytes(content)
    engine = Engine(store, RetrieverSettings(), GeneratorSettings(base_model=folder), HashEncoder(), WordReader())
    engine.create_domain("default")
    (_, release), *_ = served_releases(store)
    engine.check_servable(typed(release).manifest)

    (folder / "config.json").unlink()
    with pytest.raises(ConflictError, match=r"generator\.base_model"):
        engine.check_servable(typed(release).manifest)
    without = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    with pytest.raises(ConflictError, match=r"generator\.base_model is not set"):
        without.check_servable(typed(release).manifest)
