"""What jobs of a server wait for, who runs them, and what the end of a process or of the server does to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from polling import ended
from serving import Served

from service.jobs.worker import Worker
from service.settings import Settings
from store.documents import list_documents
from store.domains import Domain
from store.job_states import FINAL
from store.jobs import create_job, get_job, list_events
from store.receiving import receive
from store.store import Store

QUESTION = '{"question": "What is the fare?", "answers": ["12 crowns"], "split": "train"}\n'


@pytest.fixture
def tuning(http: httpx.Client, settings: Settings) -> str:
    """A tuning that runs for long: its process is stopped as soon as it is there."""
    files = {"file": ("faq.jsonl", QUESTION)}
    assert http.post("/v1/domains/default/datasets", data={"name": "faq"}, files=files).status_code == 201
    params = {"dataset": "faq", "trained": "closed_book", "lora": {"epochs": 1000}}
    body = {"kind": "tune_generator", "domain": "default", "params": params}
    job = str(http.post("/v1/jobs", json=body).json()["id"])
    when(lambda: bool(processes_of(settings.home)))
    os.kill(processes_of(settings.home)[0], signal.SIGSTOP)
    assert http.get(f"/v1/jobs/{job}").json()["status"] == "running"
    return job


def upload(http: httpx.Client, name: str, text: str) -> dict[str, Any]:
    """Upload a text without waiting for it."""
    body = {"documents": [{"external_id": name, "text": text}]}
    return dict(http.post("/v1/domains/default/documents", json=body).json())


def test_documents_become_searchable_while_a_tuning_runs_and_what_waits_says_for_what(
    http: httpx.Client, settings: Settings, tuning: str
) -> None:
    job = upload(http, "a.md", "The anchor is heavy.")["job"]

    assert ended(http, job)["status"] == "succeeded"
    assert http.get(f"/v1/jobs/{tuning}").json()["status"] == "running"
    waiting = http.post("/v1/evaluations", json={"domain": "default", "dataset": "faq", "split": "train"}).json()["job"]
    shown = http.get(f"/v1/jobs/{waiting}").json()
    assert (shown["status"], shown["waits_for"]["id"]) == ("queued", tuning)
    assert (shown["waits_for"]["kind"], shown["waits_for"]["status"]) == ("tune_generator", "running")
    listed = {each["id"]: each["waits_for"] for each in http.get("/v1/jobs").json()["data"]}
    assert {key for key, ahead in listed.items() if ahead} == {waiting}
    http.post(f"/v1/jobs/{waiting}/cancel")
    heard = http.post(f"/v1/jobs/{tuning}/cancel").json()
    assert heard["cancel_requested"] is True
    os.kill(processes_of(settings.home)[0], signal.SIGKILL)  # which never hears of it
    assert ended(http, tuning)["status"] == "cancelled"
    told = [event["message"] for event in http.get(f"/v1/jobs/{tuning}/events?limit=1000").json()["data"]]
    assert "A cancellation was asked for." in told


def test_many_uploads_share_few_jobs_and_none_is_left_behind(http: httpx.Client) -> None:
    jobs = [upload(http, f"{number}.md", f"Buoy {number} is red.")["job"] for number in range(20)]

    assert len(set(jobs)) < 10
    for job in dict.fromkeys(jobs):
        assert ended(http, job)["status"] == "succeeded"
    documents = http.get("/v1/domains/default/documents?limit=100").json()["data"]
    assert [each["status"] for each in documents] == ["searchable"] * 20


@pytest.mark.parametrize("value", [1e9, 1000.5, "Infinity", -1])
def test_a_tuning_that_would_never_end_is_refused(http: httpx.Client, value: object) -> None:
    body = {"kind": "tune_generator", "domain": "default", "params": {"dataset": "faq", "lora": {"epochs": value}}}

    answer = http.post("/v1/jobs", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "params.lora.epochs")


def test_a_server_of_a_moment_runs_what_it_is_asked_and_begins_nothing_else(served: Served, settings: Settings) -> None:
    with served(settings) as url:
        domain_id = httpx.get(f"{url}/v1/domains/default").json()["id"]
        httpx.post(f"{url}/v1/domains", json={"name": "other"})
    store = Store.open(settings.home)
    left = [create_job(store, kind, domain_id, {}).id for kind in ("ingest", "evaluate")]

    with served(settings, only_asked=True) as url, httpx.Client(base_url=url, timeout=60) as http:
        body = {"documents": [{"external_id": "a", "text": "A fact."}]}
        job = http.post("/v1/domains/other/documents", json=body).json()["job"]
        assert ended(http, job)["status"] == "succeeded"
        assert [http.get(f"/v1/jobs/{each}").json()["status"] for each in left] == ["queued", "queued"]

    assert [(get_job(store, each).status, get_job(store, each).attempts) for each in left] == [("queued", 0)] * 2
    store.close()


def test_an_exception_that_nobody_expected_is_the_reason_of_the_failure(
    store: Store, domain: Domain, settings: Settings
) -> None:
    job = create_job(store, "evaluate", domain.id, {}).id  # without a data set, which no route lets through
    worker = Worker(store, settings.model_copy(update={"home": store.folder.root}), threading.Event())

    worker.start()
    deadline = time.monotonic() + 120
    while get_job(store, job).status not in FINAL:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.stop()

    error = get_job(store, job).error
    assert error is not None
    assert error["code"] == "internal_error"
    assert "dataset Field required" in error["message"]
    assert ", at eval/evaluate.py:" in error["message"]
    assert "(run_evaluation)" in error["message"]
    told = [event for event in list_events(store, job) if event.level == "error"]
    assert "Traceback" in told[-1].data["output"]
    assert str(store.folder.root) not in json.dumps([event.data for event in told])


@pytest.mark.nightly
def test_a_process_that_is_stopped_is_ended_after_a_lease_and_its_job_is_tried_again(
    store: Store, domain: Domain, settings: Settings
) -> None:
    receive(store, domain.id, "a.txt", b"A fact.", title="a", media_type="text/plain")
    job = create_job(store, "ingest", domain.id, {}).id
    home, service = store.folder.root, settings.service.model_copy(update={"lease_s": 15.0})
    worker = Worker(store, settings.model_copy(update={"home": home, "service": service}), threading.Event())

    worker.start()
    when(lambda: bool(processes_of(home)))
    os.kill(processes_of(home)[0], signal.SIGSTOP)
    when(lambda: get_job(store, job).status in FINAL)
    worker.stop()

    assert get_job(store, job).status == "succeeded"
    told = [event.message for event in list_events(store, job) if event.level == "error"]
    assert told == ["It gave no sign of life for 15 s (service.lease_s) and was ended."]


def processes_of(home: Path) -> list[int]:
    """Return the processes that run a job of this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            words = entry.read_bytes().split(b"\0")
            if b"service.jobs.child" in words and str(home).encode() in words:
                found.append(int(entry.parent.name))
    return found


class Server:
    """A server in a process of its own, which can be killed."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--json"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.settings = settings

    def end(self, number: int) -> str:
        """Send the signal, wait, and return what the server said to its operator."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return said


def when(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after 90 seconds."""
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.nightly
def test_a_server_that_is_killed_while_it_reads_documents_puts_none_in_quarantine(
    served: Served, settings: Settings, shell: dict[str, str]
) -> None:
    with served(settings) as url:
        domain_id = httpx.get(f"{url}/v1/domains/default").json()["id"]
    store = Store.open(settings.home)
    for number in range(20):
        text = " ".join(f"Buoy {number} stands at mile {mile}." for mile in range(400)).encode()
        receive(store, domain_id, f"{number}.txt", text, title=f"{number}", media_type="text/plain")

    def reads() -> bool:
        with store.database.read() as connection:
            return connection.exec_driver_sql("SELECT 1 FROM jobs WHERE hand IS NOT NULL").first() is not None

    for _ in range(2):
        server = Server(settings, shell)
        when(reads)
        server.end(signal.SIGKILL)
    server = Server(settings, shell)
    when(lambda: all(each.status not in ("received", "parsed") for each in list_documents(store, domain_id)))
    server.end(signal.SIGTERM)

    assert {each.status for each in list_documents(store, domain_id)} == {"searchable"}
    store.close()


def test_a_server_that_is_told_to_stop_ends_the_streams_of_its_jobs_at_once(
    served: Served, settings: Settings, shell: dict[str, str]
) -> None:
    with served(settings, only_asked=True) as url:
        domain_id = httpx.get(f"{url}/v1/domains/default").json()["id"]
    store = Store.open(settings.home)
    waiting = create_job(store, "of a kind that nobody runs", domain_id, {}).id
    server = Server(settings, shell)
    headers = {"accept": "text/event-stream"}
    with httpx.stream("GET", f"{server.url}/v1/jobs/{waiting}/events", headers=headers, timeout=30) as stream:
        assert stream.status_code == 200
        begun = time.monotonic()
        said = server.end(signal.SIGTERM)
        seconds = time.monotonic() - begun

    assert server.process.returncode == 0
    assert seconds < 9, "it waited for the stream"
    assert "Traceback" not in said
    store.close()
