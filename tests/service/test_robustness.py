"""What must go on: a fresh index in every process, the worker, the follower, and an orderly stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from command_line import tandem
from polling import ended
from serving import Served

from generator.engine import Engine
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.search.search import Request
from service.settings import Settings
from store.domains import get_domain
from store.job_states import FINAL
from store.store import Store


def test_another_process_sees_what_came_after_the_last_checkpoint(
    served: Served, settings: Settings, minilm: Encoder, reader: OpenVinoReader
) -> None:
    with served(settings) as url:
        httpx.post(f"{url}/documents?wait=true", files=[("files", ("old.md", "The old pier is made of oak."))])
    with served(settings) as url:
        httpx.post(f"{url}/documents?wait=true", files=[("files", ("new.md", "The new pier is made of steel."))])
        store = Store.open(settings.home)
        child = Engine(store, settings.retriever, settings.generator, minilm, reader)  # as a job's process has it
        found = child.search("default", Request("What is the new pier made of?"))
        child.close(checkpoint=False)
        store.close()

    assert found.hits[0].passage.external_id == "new.md"


@pytest.mark.parametrize("rounds", [1, pytest.param(4, marks=pytest.mark.nightly)])
def test_the_worker_outlives_domains_that_are_deleted_under_it(http: httpx.Client, rounds: int) -> None:
    for number in range(rounds):
        name = f"short-{number}"
        http.post("/v1/domains", json={"name": name})
        job = http.post("/v1/jobs", json={"kind": "ingest", "domain": name}).json()["id"]
        ended(http, job)
        http.delete(f"/v1/domains/{name}")

    job = http.post("/v1/jobs", json={"kind": "ingest", "domain": "default"}).json()["id"]

    assert ended(http, job)["status"] == "succeeded"


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_the_worker_outlives_domains_that_are_deleted_the_moment_their_job_ended(
    http: httpx.Client, rounds: int
) -> None:
    for number in range(rounds):
        name = f"brief-{number}"
        http.post("/v1/domains", json={"name": name})
        body = {"documents": [{"external_id": "a", "text": "A fact."}]}
        job = http.post(f"/v1/domains/{name}/documents", json=body).json()["job"]
        deadline = time.monotonic() + 60
        while http.get(f"/v1/jobs/{job}").json()["status"] not in FINAL:  # meet the worker at its last look
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert http.delete(f"/v1/domains/{name}").status_code == 200

    job = http.post("/v1/jobs", json={"kind": "ingest", "domain": "default"}).json()["id"]

    assert ended(http, job)["status"] == "succeeded"


@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.nightly)])
def test_the_follower_outlives_domains_that_come_and_go(http: httpx.Client, rounds: int) -> None:
    for number in range(rounds):
        name = f"brief-{number}"
        assert http.post("/v1/domains", json={"name": name}).status_code == 201
        body = {"documents": [{"external_id": "a", "text": f"Buoy {number} is red."}]}
        assert http.post(f"/v1/domains/{name}/documents?wait=true", json=body).status_code == 200
        assert http.post(f"/v1/domains/{name}/search", json={"query": "buoy"}).json()["data"] != []
        assert http.delete(f"/v1/domains/{name}").status_code == 200
    assert http.post("/v1/domains/default/search", json={"query": "deep well"}).json()["data"] == []

    body = {"documents": [{"external_id": "well", "text": "The well is deep."}]}
    job = http.post("/v1/domains/default/documents", json=body).json()["job"]

    assert ended(http, job)["status"] == "succeeded"
    deadline = time.monotonic() + 5
    while not http.post("/v1/domains/default/search", json={"query": "deep well"}).json()["data"]:
        assert time.monotonic() < deadline, "the follower is gone"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/jobs", r'{"kind": "ingest", "domain": "\ud800"}'),
        ("/v1/jobs", r'{"kind": "\ud800", "domain": "default"}'),
        ("/v1/jobs", r'{"kind": "ingest", "domain": "default", "params": {"\ud800": 1}}'),
        ("/v1/evaluations", r'{"domain": "\ud800", "dataset": "x"}'),
        ("/v1/domains", r'{"name": "fine", "description": "\ud800"}'),
        ("/v1/domains", r'{"name": "fine", "metadata": {"\ud800": 1}}'),
        ("/v1/domains/default/releases", r'{"set": {"\ud800": 1}}'),
        ("/v1/domains/default/releases", r'{"set": {"thresholds": {"\ud800": 1}}}'),
        ("/v1/domains/default/releases", r'{"set": {"thresholds.\ud800": 1}}'),
        ("/v1/domains/default/releases", r'{"set": {"query_encoder": "\ud800"}}'),
        ("/v1/domains/default/releases", r'{"set": {"adapter": "\ud800"}}'),
        ("/v1/domains/default/releases", r'{"from": "\ud800"}'),
        ("/v1/domains/default/search", r'{"query": "\ud800"}'),
        ("/v1/domains/default/releases", '{"set": {"thresholds.evidence": NaN}}'),
        ("/v1/domains/default/releases", '{"set": {"thresholds": {"evidence": Infinity}}}'),
        ("/v1/domains/default/releases", '{"set": {"thresholds.evidence": 1e999}}'),
    ],
)
def test_what_json_can_say_and_nobody_can_store_is_refused(http: httpx.Client, path: str, body: str) -> None:
    answer = http.post(path, content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error"), answer.text
    assert [each["name"] for each in http.get("/v1/domains").json()["data"]] == ["default"]


def test_half_a_surrogate_pair_is_a_400(http: httpx.Client) -> None:
    bodies = {
        "/v1/jobs": b'{"kind": "ingest", "domain": "\\ud800"}',
        "/v1/domains/default/releases": b'{"set": {"\\ud800": 1}}',
        "/query": b'{"question": "\\ud800?"}',
    }
    for path, body in bodies.items():
        answer = http.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 400, 404), (path, answer.text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"origin": "http://localhost:1234"}, 200),
        ({"host": "localhost:8321"}, 200),
    ],
)
def test_without_a_key_only_this_machine_may_call(http: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert http.get("/v1/domains", headers=headers).status_code == status


@pytest.mark.parametrize(
    "name",
    [
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "http://evil.example#localhost",
        "http://evil.example/localhost",
    ],
)
def test_a_foreign_name_that_looks_local_is_foreign(http: httpx.Client, name: str) -> None:
    assert http.get("/v1/domains", headers={"origin": name}).status_code == 403
    assert http.get("/v1/domains", headers={"host": name.removeprefix("http://")}).status_code == 403


def test_with_a_key_host_and_origin_do_not_matter(served: Served, settings: Settings) -> None:
    key = {"authorization": "Bearer correct-horse"}
    with served(settings.model_copy(update={"api_key": "correct-horse"})) as url:
        for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}):
            assert httpx.get(f"{url}/v1/domains", headers=headers | key).status_code == 200
            assert httpx.get(f"{url}/v1/domains", headers=headers).status_code == 401


@pytest.mark.parametrize("requests", [24, pytest.param(60, marks=pytest.mark.nightly)])
def test_uploads_replacements_deletions_and_questions_at_once_leave_a_sound_folder(
    served: Served, settings: Settings, shell: dict[str, str], requests: int
) -> None:
    base = "/v1/domains/default/documents"

    def ask(number: int) -> tuple[int, str]:
        name = f"boat-{number % 5}.md"
        parts = [("files", (name, f"Boat {number} has masts.\n\nAll boats float."))]
        if number % 4 == 0:
            answer = client.post(f"{base}?wait=true", files=parts)
        elif number % 4 == 1:
            answer = client.put(f"{base}/{name}?wait=true", files=parts)
        elif number % 4 == 2:
            answer = client.delete(f"{base}/{name}")
        else:
            answer = client.post("/query", json={"question": "Which boats float?"})
        return answer.status_code, answer.text

    with served(settings) as url, httpx.Client(base_url=url, timeout=120) as client:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(requests)))
        last = client.post(f"{base}?wait=true", files=[("files", ("last.md", "The last word."))])

    # 404: another thread has deleted the document; 202: another thread has replaced it, and a job reads it.
    assert [answer for answer in answers if answer[0] not in (200, 202, 404)] == []
    assert last.json()["data"][0]["document"]["status"] == "searchable"
    checked = tandem(shell, "verify", "--json")
    assert (checked.returncode, json.loads(checked.stdout)["problems"]) == (0, [])


@pytest.mark.parametrize(("threads", "turns"), [(4, 2), pytest.param(6, 4, marks=pytest.mark.nightly)])
def test_requests_of_many_threads_never_fail_and_leave_a_sound_folder(
    served: Served, settings: Settings, shell: dict[str, str], threads: int, turns: int
) -> None:
    statuses: list[int] = []

    def work(url: str, number: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for turn in range(turns):
                text = f"Boat {number} has {turn} masts."
                parts = [("files", (f"boat-{number % 3}.md", text))]
                statuses.append(client.post("/documents?wait=true", files=parts).status_code)
                statuses.append(client.post("/query", json={"question": "How many masts has the boat?"}).status_code)
                statuses.append(client.delete(f"/v1/domains/default/documents/boat-{turn % 3}.md").status_code)

    with served(settings) as url:
        workers = [threading.Thread(target=work, args=(url, number)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    assert [status for status in statuses if status >= 500] == []
    checked = tandem(shell, "verify", "--json")
    assert json.loads(checked.stdout)["problems"] == []


def test_a_server_that_is_told_to_stop_leaves_its_folder_in_order(settings: Settings, shell: dict[str, str]) -> None:
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, env=shell, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        httpx.post(f"{url}/documents?wait=true", files=[("files", ("a.md", "The anchor is heavy."))])
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=15) == 0

    store = Store.open(settings.home)
    assert store.folder.owner() is None
    assert (settings.home / "LOCK").read_bytes() == b""
    assert list((settings.home / "tmp").iterdir()) == []
    (checkpoint,) = (settings.home / "indexes").iterdir()
    assert checkpoint.name.startswith(get_domain(store, "default").id)
    store.close()
