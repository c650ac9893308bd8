"""What lists say of jobs and releases, bars of several jobs, and refusals that name the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.client import RequestError
from service.commands.content import _asked
from service.commands.files import File
from service.commands.progress import JobError, said_of, succeeded
from service.commands.rows import event_line, job_row, release_row
from service.commands.uploading import Uploads
from service.replies import Event, Job, Reason, read
from store.errors import ConflictError

JOB = {"id": "job_1", "kind": "ingest", "status": "running", "progress": 0.25, "error": None}
AHEAD = {"id": "job_0", "kind": "tune_generator", "status": "running", "progress": 0.5}


@pytest.mark.parametrize(
    ("changes", "said", "status", "note"),
    [
        ({}, "ingest running", "running", ""),
        ({"cancel_requested": True}, "ingest stopping", "stopping", ""),
        ({"status": "queued", "waits_for": None}, "ingest queued", "queued", ""),
        (
            {"status": "queued", "waits_for": AHEAD},
            "ingest queued, waits for tune_generator job_0 (50 %)",
            "queued",
            "waits for tune_generator job_0 (50 %)",
        ),
        (
            {"status": "failed", "error": {"code": "no_examples", "message": "None."}},
            "ingest failed",
            "failed",
            "None. (no_examples)",
        ),
    ],
)
def test_a_job_says_its_state_and_what_it_waits_for(changes: dict[str, Any], said: str, status: str, note: str) -> None:
    job = JOB | changes
    row = job_row(job)

    assert (said_of(read(Job, job)), row["status"], row["note"], row["progress"]) == (said, status, note, "25%")


def test_a_job_that_failed_carries_its_code() -> None:
    with pytest.raises(JobError, match=r"job_1 failed: None\.") as failed:
        succeeded(read(Job, JOB | {"status": "failed", "error": {"code": "no_examples", "message": "None."}}))

    assert failed.value.code == "no_examples"


def test_a_release_says_what_differs_from_the_active_one() -> None:
    active = {"adapter": None, "generation": {"arm": "rag"}, "retrieval": {"passages": 4, "mode": "hybrid"}}
    manifest = active | {"retrieval": {"passages": 6, "mode": "hybrid"}, "adapter": "mdl_1"}

    row = release_row({"id": "rel_1", "active": False, "manifest": manifest}, active)

    assert row["differs"] == "adapter mdl_1 (active: -); retrieval.passages 6 (active: 4)"
    assert release_row({"id": "rel_0", "active": True, "manifest": active}, active)["differs"] == ""


def test_an_event_is_one_line() -> None:
    event = Event("warning", "a.md: failed", {"progress": 0.5}, 0)

    assert event_line(event).split(" ", 1)[1] == "warning: a.md: failed (progress 0.5)"


class Jobs:
    """Ends each job after it was half done, and keeps what the bar was told."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.shares: list[float] = []

    def wait(self, job_id: str, report: Callable[[Job], None], *, cancel: bool) -> Job:
        assert not cancel  # what was uploaded is stored, and others may wait for the same job
        job = Job(job_id, "ingest", "running", 0.5)
        report(job)
        report(replace(job, progress=1.0, status="succeeded"))
        failed = job_id == self.failing
        return replace(job, status="failed", error=Reason("c", "No.")) if failed else replace(job, status="succeeded")

    def pages(self, _: object, path: str) -> list[object]:
        """No job had anything to tell."""
        assert path == "/v1/jobs/job_1/events"  # the other one failed, and says so itself
        return []

    def to(self, share: float, _: str) -> None:
        self.shares.append(share)


def test_the_bar_of_several_jobs_never_goes_back_and_ends_at_the_end() -> None:
    jobs = Jobs(failing="job_2")
    uploads = Uploads(jobs, "default", 100)  # type: ignore[arg-type]
    uploads.jobs.update({"job_1": 10, "job_2": 90})

    errors = uploads.wait(jobs)  # type: ignore[arg-type]

    assert jobs.shares == [0.05, 0.1, 0.55, 1.0]
    assert [error.message for error in errors] == ["No."]


class Refusing:
    """A server that refuses every question."""

    def __init__(self, message: str, code: str) -> None:
        self.error = RequestError(409, message, code, "arm")

    def call(self, *_: Any, **__: Any) -> Any:
        raise self.error


def test_an_arm_that_is_not_served_is_refused_with_the_commands_that_lead_to_it() -> None:
    with pytest.raises(ConflictError) as told:
        _asked(Refusing("The arm 'base' needs a language model.", "arm_unavailable"), "d", {})  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=r"^Other\.$"):
        _asked(Refusing("Other.", "domain_busy"), "d", {})  # type: ignore[arg-type]

    assert "tandem release create -d d generation.backend=transformers" in told.value.message


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Any) -> None:
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(10**12)
    uploads = Uploads(Refusing("never asked", "x"), "default", 10**6)  # type: ignore[arg-type]

    uploads.send([File("large.md", path)], lambda _: None)

    assert [item.error and item.error.code for item in uploads.items] == ["too_large"]


def test_what_a_server_sends_beside_what_is_read_is_left_alone_and_what_is_missing_is_named() -> None:
    sent = JOB | {"stages": [{"name": "tune"}]}

    assert read(Job, sent) == Job("job_1", "ingest", "running", 0.25)
    with pytest.raises(ValueError, match="status"):
        read(Job, {key: value for key, value in sent.items() if key != "status"})
