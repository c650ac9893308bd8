"""What a worker hands to the process of a job, as JSON on its standard input."""

from __future__ import annotations

from pydantic import BaseModel

from store.jobs import Lease
from store.json_values import Json


class Task(BaseModel):
    """The right to work on a job, its section of the settings, and how often the process gives a sign of life."""

    lease: Lease
    section: dict[str, Json]
    beat_s: float
