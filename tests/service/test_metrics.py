"""Metrics say what clients saw, in a number of series that no client can raise, and nothing of what was asked."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from light import LightRuntime
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.http.app import create_app
from service.http.routes import Routes
from store.jobs import create_job
from store.store import Store

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def runtime(store: Store) -> LightRuntime:
    return LightRuntime(store.folder.root, store)


@pytest.fixture
def client(runtime: LightRuntime) -> TestClient:
    return TestClient(create_app(runtime), base_url="http://127.0.0.1")  # type: ignore[arg-type]


def look(client: TestClient) -> Series:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_clients_did_is_counted(client: TestClient, store: Store, runtime: LightRuntime) -> None:
    upload = {"documents": [{"external_id": "light", "text": "The lighthouse is 40 metres high."}]}
    for _ in range(2):
        assert client.post("/documents?wait=true", json=upload).status_code == 200
    for _ in range(3):
        assert client.get("/v1/domains/default/documents/light").status_code == 200
    assert client.get("/v1/domains/default/documents/gone").status_code == 404
    assert client.post("/v1/domains/default/search", json={"query": "lighthouse"}).status_code == 200
    answers = [client.post("/query", json={"question": each}).json() for each in ("How high?", "Who sang?")]
    create_job(store, "ingest", runtime.engine.pin("default").domain_id, {})

    found = look(client)

    document = "GET /v1/domains/{domain}/documents/{document}"
    assert found["tandem_requests_total", (("call", document), ("status", "200"))] == 3
    assert found["tandem_requests_total", (("call", document), ("status", "404"))] == 1
    assert found["tandem_request_seconds_count", (("call", document),)] == 4
    assert found["tandem_uploads_total", (("result", "created"),)] == 1
    assert found["tandem_uploads_total", (("result", "unchanged"),)] == 1
    assert found["tandem_searches_total", ()] == 1
    for outcome in (True, False):
        told = [answer for answer in answers if answer["abstained"] is outcome]
        labels = (("arm", "rag"), ("outcome", "abstained" if outcome else "answered"))
        assert found.get(("tandem_answers_total", labels), 0) == len(told)
    assert found["tandem_documents", (("status", "searchable"),)] == 1
    assert found["tandem_jobs", (("kind", "ingest"), ("status", "queued"))] == 1
    assert (found["tandem_domains", ()], found["tandem_index_lag_changes", ()]) == (1, 0)
    assert found["tandem_requests_limit", ()] == runtime.settings.service.requests
    assert found["tandem_requests_inside", ()] == found["tandem_ingest_bytes", ()] == 0
    assert found["tandem_disk_free_bytes", ()] == pytest.approx(store.folder.space.free(), rel=0.2)
    assert found["process_resident_memory_bytes", ()] > 1e7


def test_no_client_can_make_a_series(client: TestClient) -> None:
    calls = {*Routes(client.app.app.app.routes).names, "none"}  # type: ignore[attr-defined]
    for number in range(20):
        client.get(f"/v1/domains/made-up-{number}/documents/secret-{number}?filter=secret")
        client.request(f"VERB{number}", f"/secret-{number}")
        client.post("/query", json={"question": f"secret-{number}", "arm": f"secret-{number}"})

    found = look(client)

    assert {value for _, labels in found for name, value in labels if name == "call"} <= calls
    assert not [series for series in found if "secret" in repr(series) or "made-up" in repr(series)]


def test_the_lag_of_an_index_is_told(client: TestClient, runtime: LightRuntime) -> None:
    upload = {"documents": [{"external_id": "a", "text": "One."}]}
    client.post("/documents?wait=true", json=upload)
    client.post("/v1/domains/default/search", json={"query": "one"})
    shown = runtime.engine.retriever.shown(runtime.engine.pin("default").domain_id)
    assert shown is not None
    runtime.engine.retriever.shown = lambda *_: shown - 1  # type: ignore[method-assign]

    found = look(client)

    assert (found["tandem_index_lag_changes", ()], found["tandem_indexes_behind", ()]) == (1, 1)


def test_metrics_are_told_when_the_database_cannot_be_read(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        from store.errors import DamagedError

        raise DamagedError("a page is damaged")

    monkeypatch.setattr("service.metrics.documents_by_status", fail)

    found = look(client)

    assert found["tandem_database_readable", ()] == 0
    assert not [name for name, _ in found if name == "tandem_documents"]
    assert ("tandem_requests_limit", ()) in found


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.nightly)])
def test_counts_are_exact_under_many_clients_at_a_time(runtime: LightRuntime, client: TestClient, rounds: int) -> None:
    """What clients count themselves, and no series that names what they ask for."""
    calls = (
        ("GET", "/v1/domains", {}),
        ("GET", "/v1/domains/{}", {}),
        ("GET", "/v1/nothing/{}", {}),
        ("POST", "/v1/domains/default/search", {"query": "{}"}),
        ("POST", "/v1/domains/default/search", {}),
    )
    seen: Counter[int] = Counter()

    def ask(number: int) -> Counter[int]:
        mine: Counter[int] = Counter()
        for turn in range(rounds):
            for method, path, body in calls:
                unique = f"thing-{number}-{turn}"
                sent = {key: value.format(unique) for key, value in body.items()}
                answer = client.request(method, path.format(unique), json=sent if method == "POST" else None)
                mine[answer.status_code] += 1
        return mine

    before = _by_status(look(client))
    with ThreadPoolExecutor(8) as threads:
        for mine in threads.map(ask, range(8)):
            seen += mine

    found = look(client)
    after = _by_status(found)
    after[200] -= 1  # the first look itself
    assert {status: after[status] - before[status] for status in seen} == dict(seen)
    assert sum(seen.values()) == 8 * rounds * len(calls)
    assert not any("thing-" in value for _, labels in found for _, value in labels)
    assert len(found) < 2000


def _by_status(found: Series) -> Counter[int]:
    counted: Counter[int] = Counter()
    for (name, labels), value in found.items():
        if name == "tandem_requests_total":
            counted[int(dict(labels)["status"])] += int(value)
    return counted
