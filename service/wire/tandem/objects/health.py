"""The wire objects of `/readyz` and of `tandem doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel

from service.actions.health import DomainState, Examination
from service.readiness import Problem, Readiness
from store.diagnosis import GivenUp, Stale, Waiting


class ProblemObject(BaseModel):
    """What stands in the way of answers, of one domain if it is named."""

    part: Literal["server", "database", "disk", "jobs", "release"]
    message: str
    domain: str | None

    @classmethod
    def of(cls, problem: Problem) -> ProblemObject:
        """Return the object of a problem."""
        return cls(part=problem.part, message=problem.message, domain=problem.domain)


class ReadinessObject(BaseModel):
    """Whether questions can be answered; `degraded` says that not all can, or that no documents can be added."""

    status: Literal["ready", "degraded"]
    problems: list[ProblemObject] | None


class WaitingObject(BaseModel):
    """How many jobs of a kind wait and run in a domain."""

    domain: str
    kind: str
    queued: int
    running: int

    @classmethod
    def of(cls, waiting: Waiting) -> WaitingObject:
        """Return the object of a record."""
        return cls(**asdict(waiting))


class GivenUpObject(BaseModel):
    """A document that no search can find, and why."""

    domain: str
    id: str
    external_id: str
    status: Literal["failed", "quarantined"]
    code: str
    message: str

    @classmethod
    def of(cls, document: GivenUp) -> GivenUpObject:
        """Return the object of a record."""
        return cls(**asdict(document))


class StaleObject(BaseModel):
    """A model or a data set that learned from documents that were deleted (tainted) or replaced (outdated) since.

    Of a data set, `tainted` and `outdated` count examples; of a model they are 1 or 0. `name` of a model is its kind.
    """

    domain: str
    kind: Literal["model", "dataset"]
    id: str
    name: str
    tainted: int
    outdated: int

    @classmethod
    def of(cls, stale: Stale) -> StaleObject:
        """Return the object of a record."""
        return cls(**asdict(stale))


class SettingObject(BaseModel):
    """A setting that is in force."""

    name: str
    value: str


class DomainDiagnosis(BaseModel):
    """How well the encoder reads a domain: the mean share of its texts that is unknown, and what follows from it.

    Of its documents: how many have failed or are quarantined, and how many wait to be read. `index_seq` is the change
    that its index shows of `newest_seq`; null: nobody has searched it since the start.
    """

    domain: str
    release: str
    generator: str
    failed: int
    quarantined: int
    waiting: int
    index_seq: int | None
    newest_seq: int
    texts: int
    unknown_share: float
    dense_weight: float
    advice: str

    @classmethod
    def of(cls, state: DomainState) -> DomainDiagnosis:
        """Return the object of a record, which has the same fields."""
        return cls(**asdict(state))


class Diagnosis(BaseModel):
    """What a server runs on, what stands in the way of answers, and each domain's diagnosis.

    `given_up` holds the newest documents of `given_up_total` that have failed or are quarantined.
    `passages` and `questions` name precision and threads; under `precision = "auto"` they were chosen by a measurement.
    `reading` says what protects the server from documents that are read.
    """

    object: Literal["diagnosis"] = "diagnosis"
    status: Literal["ready", "degraded", "unavailable"]
    encoder: str
    space_id: str
    precision: str
    passages: str | None
    questions: str | None
    cpu: str
    reading: str
    reranker: str | None
    base_model: str | None
    disk_free: int
    database_bytes: int
    settings_from: str
    given_up_total: int
    problems: list[ProblemObject]
    domains: list[DomainDiagnosis]
    queue: list[WaitingObject]
    given_up: list[GivenUpObject]
    stale: list[StaleObject]
    settings: list[SettingObject]

    @classmethod
    def of(cls, readiness: Readiness, found: Examination) -> Diagnosis:
        """Return the object of what a look and an examination found."""
        return cls(
            status=readiness.status,
            encoder=found.encoder,
            space_id=found.space_id,
            precision=found.precision,
            passages=found.passages,
            questions=found.questions,
            cpu=found.cpu,
            reading=found.reading,
            reranker=found.reranker,
            base_model=found.base_model,
            disk_free=found.disk_free,
            database_bytes=found.database_bytes,
            settings_from=found.settings_from,
            given_up_total=found.given_up_total,
            problems=[ProblemObject.of(each) for each in readiness.problems],
            domains=[DomainDiagnosis.of(each) for each in found.domains],
            queue=[WaitingObject.of(each) for each in found.queue],
            given_up=[GivenUpObject.of(each) for each in found.given_up],
            stale=[StaleObject.of(each) for each in found.stale],
            settings=[SettingObject(name=name, value=value) for name, value in found.settings.items()],
        )
