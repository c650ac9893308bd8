"""What a kind of job is: a row of the table in `service.jobs.kinds`, and what its parameters have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from service.settings import Settings
from store.jobs import Job
from store.json_values import JsonObject
from store.progress import Progress
from store.store import Store


class Params(BaseModel):
    """The parameters of a job as a client sends them: unknown ones are refused, and no value is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True)
class JobKind:
    """A kind of job; jobs of one lane run one after another, the lanes run beside each other.

    `section` returns what its process gets of the settings, resolved. `check` gets a store, the id of a domain and the
    parameters that a client sent, and returns those that the job keeps; it raises `InvalidInputError` or
    `NotFoundError`. `insert` queues it: `store.jobs.create_job`, or `reuse_job` where one job that waits does the work
    of all who ask meanwhile. `run` is called in the process of the job with its section as JSON, and returns its
    result; it imports what is heavy itself.
    """

    name: str
    lane: str
    section: Callable[[Settings], BaseModel]
    check: Callable[[Store, str, JsonObject], JsonObject]
    insert: Callable[[Store, str, str, JsonObject], Job]
    run: Callable[[JsonObject, Store, Progress], BaseModel]
