"""What a worker hands to the process of a job, as JSON on its standard input."""

from __future__ import annotations

from pydantic import BaseModel, JsonValue

from store.jobs import Lease


class Task(BaseModel):
    """The right to work on a job, its section of the settings, and how often the process gives a sign of life."""

    lease: Lease
    section: dict[str, JsonValue]
    beat_s: float
