"""Jobs over HTTP, and what becomes of them when their process dies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from polling import ended, until
from serving import Served

from service.settings import Settings
from store.jobs import claim_job, create_job
from store.store import Store

QUESTION = '{"question": "What is the fare?", "answers": ["12 crowns"], "documents": ["ferry.md"], "split": "train"}\n'


@pytest.fixture
def tunable(filled: httpx.Client) -> httpx.Client:
    """A server with a data set to tune on."""
    files = {"file": ("faq.jsonl", QUESTION)}
    assert filled.post("/v1/domains/default/datasets", data={"name": "faq"}, files=files).status_code == 201
    return filled


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


def test_a_job_whose_process_is_killed_is_tried_again_and_then_fails_with_a_reason(tunable: httpx.Client) -> None:
    job_id = start_tuning(tunable, epochs=1000)
    for _ in range(2):
        until(tunable, job_id, lambda job: bool(child_processes()) and job["progress"] > 0)
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
    until(tunable, job_id, lambda job: job["progress"] > 0.05)

    assert tunable.post(f"/v1/jobs/{job_id}/cancel").status_code == 200
    job = ended(tunable, job_id)

    assert job["status"] == "cancelled"
    assert tunable.post(f"/v1/jobs/{job_id}/cancel").status_code == 409
    assert tunable.get("/v1/models", params={"domain": "default"}).json()["data"] == []


def test_events_come_as_a_list_and_as_a_stream(tunable: httpx.Client) -> None:
    job_id = start_tuning(tunable)
    headers = {"accept": "text/event-stream"}

    streamed = tunable.get(f"/v1/jobs/{job_id}/events", headers=headers).text
    listed = tunable.get(f"/v1/jobs/{job_id}/events").json()["data"]

    assert streamed.rstrip().endswith('{"status": "succeeded"}')
    assert listed[0]["message"] == "1 examples, trained with_context"
    assert streamed.count("\nevent: info") == len(listed)


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
def test_a_job_with_wrong_parameters_is_refused(tunable: httpx.Client, body: dict[str, object], param: str) -> None:
    answer = tunable.post("/v1/jobs", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("lora", "param"),
    [({"rank": 3}, "rank"), ({"r": -1}, "r"), ({"learning_rate": "fast"}, "learning_rate"), ({"epochs": []}, "epochs")],
)
def test_a_wrong_lora_setting_is_refused_by_its_name(tunable: httpx.Client, lora: dict[str, Any], param: str) -> None:
    params = {"dataset": "faq", "lora": lora}

    answer = tunable.post("/v1/jobs", json={"kind": "tune_generator", "domain": "default", "params": params})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, f"params.lora.{param}")
    assert tunable.get("/v1/jobs").json()["data"] == []


def test_a_domain_is_busy_while_a_job_runs_and_says_that_it_may_be_tried_again(tunable: httpx.Client) -> None:
    job_id = start_tuning(tunable, epochs=1000)
    until(tunable, job_id, lambda job: job["status"] == "running")

    busy = tunable.delete("/v1/domains/default")

    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "domain_busy")
    assert busy.headers["x-should-retry"] == "true"
    tunable.post(f"/v1/jobs/{job_id}/cancel")
    ended(tunable, job_id)
    again = tunable.post(f"/v1/jobs/{job_id}/cancel")
    assert (again.status_code, again.headers["x-should-retry"]) == (409, "false")
    assert tunable.delete("/v1/domains/default").status_code == 200


def test_the_report_of_an_evaluation_is_due_until_it_ended_without_one(tunable: httpx.Client) -> None:
    blocker = start_tuning(tunable, epochs=1000)
    body = {"domain": "default", "dataset": "faq", "split": "train"}
    evaluation = tunable.post("/v1/evaluations", json=body).json()
    paths = [f"/v1/evaluations/{evaluation['id']}/report.{kind}" for kind in ("json", "md", "html")]

    for path in paths:
        answer = tunable.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_report")
        assert "retry-after" in answer.headers
    for job in (evaluation["job"], blocker):
        tunable.post(f"/v1/jobs/{job}/cancel")
        ended(tunable, job)
    for path in paths:
        answer = tunable.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_report")
        assert answer.headers["x-should-retry"] == "false"
    assert tunable.get(f"/v1/evaluations/{evaluation['id']}").json()["status"] == "cancelled"


def test_jobs_that_ran_when_the_server_died_are_taken_up_again(served: Served, settings: Settings) -> None:
    with served(settings) as url:
        domain_id = httpx.get(f"{url}/v1/domains/default").json()["id"]
    store = Store.open(settings.home)
    job = create_job(store, "ingest", domain_id, {})
    assert claim_job(store) is not None  # and then that server is gone
    store.close()

    with served(settings) as url, httpx.Client(base_url=url) as http:
        assert ended(http, job.id)["status"] == "succeeded"
