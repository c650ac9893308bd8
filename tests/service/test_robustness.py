"""What must go on: a fresh index in every process, the worker, the follower, and an orderly stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from polling import ended

from generator.engine import Engine
from retriever.encoder import OpenVinoEncoder
from retriever.search import Request
from service.server import local_server
from service.settings import Settings
from store.domains import get_domain
from store.store import Store

ROOT = Path(__file__).parents[2]


def test_another_process_sees_what_came_after_the_last_checkpoint(settings: Settings, minilm: OpenVinoEncoder) -> None:
    with local_server(settings) as url:
        httpx.post(f"{url}/documents?wait=true", files=[("files", ("old.md", "The old pier is made of oak."))])
    with local_server(settings) as url:
        httpx.post(f"{url}/documents?wait=true", files=[("files", ("new.md", "The new pier is made of steel."))])
        store = Store.open(settings.home)
        child = Engine(store, settings.retriever, settings.generator, minilm)  # as a job's process has it
        found = child.search("default", Request("What is the new pier made of?"))
        child.close(checkpoint=False)
        store.close()

    assert found.hits[0].passage.external_id == "new.md"


def test_the_worker_outlives_domains_that_are_deleted_under_it(http: httpx.Client) -> None:
    for number in range(4):
        name = f"short-{number}"
        http.post("/v1/domains", json={"name": name})
        job = http.post("/v1/jobs", json={"kind": "ingest", "domain": name}).json()["id"]
        ended(http, job)
        http.delete(f"/v1/domains/{name}")

    job = http.post("/v1/jobs", json={"kind": "ingest", "domain": "default"}).json()["id"]

    assert ended(http, job)["status"] == "succeeded"


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
        ({"origin": "http://localhost:1234"}, 200),
        ({"host": "localhost:8321"}, 200),
    ],
)
def test_without_a_key_only_this_machine_may_call(http: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert http.get("/v1/domains", headers=headers).status_code == status


def test_requests_of_many_threads_never_fail_and_leave_a_sound_folder(settings: Settings) -> None:
    statuses: list[int] = []

    def work(url: str, number: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for turn in range(4):
                text = f"Boat {number} has {turn} masts."
                parts = [("files", (f"boat-{number % 3}.md", text))]
                statuses.append(client.post("/documents?wait=true", files=parts).status_code)
                statuses.append(client.post("/query", json={"question": "How many masts has the boat?"}).status_code)
                statuses.append(client.delete(f"/v1/domains/default/documents/boat-{turn % 3}.md").status_code)

    with local_server(settings) as url:
        threads = [threading.Thread(target=work, args=(url, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [status for status in statuses if status >= 500] == []
    checked = run(settings, "verify", "--json")
    assert json.loads(checked.stdout)["problems"] == []


def test_a_server_that_is_told_to_stop_leaves_its_folder_in_order(settings: Settings) -> None:
    environment = user(settings)
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
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


def user(settings: Settings) -> dict[str, str]:
    cache = str(settings.retriever.cache)
    return os.environ | {"TANDEM_HOME": str(settings.home), "TANDEM_RETRIEVER__CACHE": cache, "PYTHONPATH": str(ROOT)}


def run(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service.cli", *words]
    return subprocess.run(command, env=user(settings), capture_output=True, text=True, check=False)
