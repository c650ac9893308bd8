"""Jobs over HTTP, and what becomes of them when their process dies."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from polling import ended, until
from serving import Served

from service.settings import Settings
from store.evaluations import Evaluation, create_evaluation
from store.jobs import claim_job, create_job, finish_job
from store.store import Store

QUESTION = '{"question": "What is the fare?", "answers": ["12 crowns"], "documents": ["ferry.md"], "split": "train"}\n'
OF_NO_DOCUMENT = '{"question": "What is the fare?", "answers": ["12 crowns"], "split": "train"}\n'


def give_dataset(http: httpx.Client, line: str) -> None:
    files = {"file": ("faq.jsonl", line)}
    assert http.post("/v1/domains/default/datasets", data={"name": "faq"}, files=files).status_code == 201


@pytest.fixture
def tunable(filled: httpx.Client) -> httpx.Client:
    """A server with a data set to tune on."""
    give_dataset(filled, QUESTION)
    return filled


@pytest.fixture
def asked(http: httpx.Client) -> httpx.Client:
    """A server with a data set and without documents, for what is said before a job begins."""
    give_dataset(http, OF_NO_DOCUMENT)
    return http


@pytest.fixture
def idle(settings: Settings, served: Served, extractive_home: Path) -> Iterator[httpx.Client]:
    """A server with a data set that begins no job which somebody else has queued."""
    shutil.copytree(extractive_home, settings.home)
    with served(settings, only_asked=True) as url, httpx.Client(base_url=url) as client:
        give_dataset(client, OF_NO_DOCUMENT)
        yield client


@pytest.fixture
def beside(idle: httpx.Client, settings: Settings) -> Iterator[Store]:
    """The data folder of that server, for who queues and runs jobs beside it."""
    store = Store.open(settings.home)
    yield store
    store.close()


def evaluation_of(http: httpx.Client, store: Store) -> Evaluation:
    """Queue an evaluation that the server does not begin."""
    domain, dataset = (http.get(f"/v1/domains/default{path}").json()["id"] for path in ("", "/datasets/faq"))
    return create_evaluation(store, domain, {"dataset": dataset, "split": "train"})


def start_tuning(http: httpx.Client, **lora: float) -> str:
    params = {"dataset": "faq", "lora": lora}
    answer = http.post("/v1/jobs", json={"kind": "tune_generator", "domain": "default", "params": params})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def child_processes() -> list[int]:
    """The processes that run a job for this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if b"service.jobs.child" in command and parent == os.getpid():
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("progress", [0.0, pytest.param(0.001, marks=pytest.mark.nightly)])
def test_a_job_whose_process_is_killed_is_tried_again_and_then_fails_with_a_reason(
    tunable: httpx.Client, progress: float
) -> None:
    job_id = start_tuning(tunable, epochs=1000)
    for _ in range(2):
        until(tunable, job_id, lambda job: bool(child_processes()) and job["progress"] >= progress)
        (child,) = child_processes()
        os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while child in child_processes():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    job = ended(tunable, job_id)

    assert job["status"] == "failed"
    assert job["error"]["code"] == "worker_died"
    assert "signal 9" in job["error"]["message"]
    assert tunable.get("/v1/models", params={"domain": "default"}).json()["data"] == []
    assert child_processes() == []


def test_a_running_job_can_be_cancelled_and_leaves_nothing(tunable: httpx.Client) -> None:
    job_id = start_tuning(tunable, epochs=1000)
    until(tunable, job_id, lambda job: job["progress"] > 0)

    assert tunable.post(f"/v1/jobs/{job_id}/cancel").status_code == 200
    job = ended(tunable, job_id)

    assert job["status"] == "cancelled"
    assert tunable.post(f"/v1/jobs/{job_id}/cancel").status_code == 409
    assert tunable.get("/v1/models", params={"domain": "default"}).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"kind": "mine_bitcoin", "domain": "default"}, "kind"),
        ({"kind": "tune_generator", "domain": "default", "params": {}}, "params.dataset"),
        ({"kind": "tune_generator", "domain": "default", "params": {"dataset": "faq", "base": "/etc"}}, "params.base"),
        (
            {"kind": "tune_generator", "domain": "default", "params": {"dataset": "faq", "split": "test"}},
            "params.split",
        ),
    ],
)
def test_a_job_with_wrong_parameters_is_refused(asked: httpx.Client, body: dict[str, object], param: str) -> None:
    answer = asked.post("/v1/jobs", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("lora", "param"),
    [({"rank": 3}, "rank"), ({"r": -1}, "r"), ({"learning_rate": "fast"}, "learning_rate"), ({"epochs": []}, "epochs")],
)
def test_a_wrong_lora_setting_is_refused_by_its_name(asked: httpx.Client, lora: dict[str, Any], param: str) -> None:
    params = {"dataset": "faq", "lora": lora}

    answer = asked.post("/v1/jobs", json={"kind": "tune_generator", "domain": "default", "params": params})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, f"params.lora.{param}")
    assert asked.get("/v1/jobs").json()["data"] == []


def test_a_domain_is_busy_while_a_job_runs_and_says_that_it_may_be_tried_again(
    idle: httpx.Client, beside: Store
) -> None:
    job_id = evaluation_of(idle, beside).job_id
    claimed = claim_job(beside)  # as the worker does
    assert claimed is not None

    busy = idle.delete("/v1/domains/default")

    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "domain_busy")
    assert busy.headers["x-should-retry"] == "true"
    assert idle.post(f"/v1/jobs/{job_id}/cancel").status_code == 200
    finish_job(beside, claimed[1], "cancelled")
    again = idle.post(f"/v1/jobs/{job_id}/cancel")
    assert (again.status_code, again.headers["x-should-retry"]) == (409, "false")
    assert idle.delete("/v1/domains/default").status_code == 200


@pytest.mark.parametrize("begun", [False, True])
def test_the_report_of_an_evaluation_is_due_until_it_ended_without_one(
    idle: httpx.Client, beside: Store, begun: bool
) -> None:
    evaluation = evaluation_of(idle, beside)
    claimed = claim_job(beside) if begun else None
    paths = [f"/v1/evaluations/{evaluation.id}/report.{kind}" for kind in ("json", "md", "html")]

    for path in paths:
        answer = idle.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_report")
        assert "retry-after" in answer.headers
    assert idle.post(f"/v1/jobs/{evaluation.job_id}/cancel").status_code == 200
    if claimed:
        finish_job(beside, claimed[1], "cancelled")
    for path in paths:
        answer = idle.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_report")
        assert answer.headers["x-should-retry"] == "false"
    assert idle.get(f"/v1/evaluations/{evaluation.id}").json()["status"] == "cancelled"


def test_jobs_that_ran_when_the_server_died_are_taken_up_again(served: Served, settings: Settings) -> None:
    with served(settings) as url:
        domain_id = httpx.get(f"{url}/v1/domains/default").json()["id"]
    store = Store.open(settings.home)
    job = create_job(store, "ingest", domain_id, {})
    assert claim_job(store) is not None  # and then that server is gone
    store.close()

    with served(settings) as url, httpx.Client(base_url=url) as http:
        assert ended(http, job.id)["status"] == "succeeded"
