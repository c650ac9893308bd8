"""Waiting for what a server does in the background."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from store.job_states import FINAL

Job = dict[str, Any]


def until(http: httpx.Client, job_id: str, reached: Callable[[Job], bool]) -> Job:
    """Return the job as soon as it is as wanted; fail after 90 seconds."""
    deadline = time.monotonic() + 90
    while not reached(job := http.get(f"/v1/jobs/{job_id}").json()):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return dict(job)


def ended(http: httpx.Client, job_id: str) -> Job:
    """Return the job once it has its final state."""
    return until(http, job_id, lambda job: job["status"] in FINAL)
