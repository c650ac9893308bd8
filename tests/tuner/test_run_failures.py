"""Tuning jobs that fail, are cancelled or lose their lease: each says why, and none registers a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from workshop import Workshop

from generator.settings import GeneratorSettings
from store.attempts import give_back
from store.errors import ConflictError, InvalidInputError, NotFoundError, TandemError, UnprocessableError
from store.jobs import Job, Lease, claim_job, finish_job, get_job, list_events, request_cancel
from store.models import list_models
from store.progress import CancelledError, Progress
from store.store import Store
from tuner import run
from tuner.sft import DivergedError


class Interrupted(Progress):
    """The progress of a job to which something happens just before the report that begins with `at`."""

    def __init__(self, store: Store, job: Job, lease: Lease, at: str, event: Callable[[Lease], None]) -> None:
        super().__init__(store, job, lease, interval_s=0)
        self._at = at
        self._event = event

    def __call__(self, fraction: float, message: str = "", *about: Any, **more: Any) -> None:
        if message.startswith(self._at):
            self._event(self.lease)
        super().__call__(fraction, message, *about, **more)


class Silent(Interrupted):
    """The same, but it reports nothing, so that only the registry can notice a lost lease."""

    def __call__(self, fraction: float, message: str = "", *about: Any, **more: Any) -> None:
        del fraction, about, more
        if message.startswith(self._at):
            self._event(self.lease)


def test_a_learning_rate_at_which_training_diverges_registers_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list_models(workshop.store)
    unchecked = workshop.section.tuner.lora.model_copy(update={"learning_rate": 1e6, "epochs": 2})
    monkeypatch.setattr(run, "settings_of", lambda *_: unchecked)  # 1 is the highest rate

    with pytest.raises(DivergedError, match=r"Lower lora\.learning_rate, now 1000000\.0") as caught:
        workshop.tune()

    assert caught.value.code == "training_diverged"
    assert list_models(workshop.store) == before


@pytest.mark.parametrize(
    ("params", "error", "code"),
    [
        ({"lora": {"max_length": 16}}, UnprocessableError, "example_too_long"),
        ({"lora": {"learning_rate": -1}}, InvalidInputError, "invalid_value"),
        ({"lora": {"learning_rate": float("inf")}}, InvalidInputError, "invalid_value"),
        ({"lora": {"epochs": 1e9}}, InvalidInputError, "invalid_value"),
        ({"lora": {"batch": 10**9}}, InvalidInputError, "invalid_value"),
        ({"lora": {"ranks": 4}}, InvalidInputError, "invalid_value"),
        ({"trained": "open_book"}, InvalidInputError, "invalid_value"),
        ({"split": "dev"}, UnprocessableError, "no_examples"),
        ({"dataset": "none"}, NotFoundError, "dataset_not_found"),
    ],
)
def test_a_run_that_cannot_begin_says_why_and_registers_nothing(
    workshop: Workshop, params: dict[str, Any], error: type[TandemError], code: str
) -> None:
    before = list_models(workshop.store)

    with pytest.raises(error) as caught:
        workshop.tune(**params)

    assert caught.value.code == code
    assert list_models(workshop.store) == before


def test_a_wrong_setting_is_named(workshop: Workshop) -> None:
    with pytest.raises(InvalidInputError, match=r"lora\.dropout: ") as caught:
        workshop.tune(lora={"dropout": 1.5})

    assert caught.value.param == "lora.dropout"


def test_without_a_base_model_there_is_nothing_to_tune(workshop: Workshop) -> None:
    section = workshop.section.model_copy(update={"generator": GeneratorSettings()})

    with pytest.raises(ConflictError) as caught:
        Workshop(workshop.store, workshop.domain, workshop.dataset, section).tune()

    assert caught.value.code == "no_base_model"


def test_a_run_that_is_cancelled_while_it_trains_stops_and_registers_nothing(workshop: Workshop) -> None:
    before = list_models(workshop.store)
    job, lease = workshop.claim(lora={"epochs": 50})

    def cancel(lease: Lease) -> None:
        request_cancel(workshop.store, lease.job_id)

    with pytest.raises(CancelledError):
        workshop.tune(Interrupted(workshop.store, job, lease, "step 3 of", cancel))

    assert get_job(workshop.store, job.id).status == "cancelled"
    told = [event.message.split(",")[0] for event in list_events(workshop.store, job.id)]
    assert told[-3:] == ["step 2 of 100", "A cancellation was asked for.", "step 3 of 100"]
    assert list_models(workshop.store) == before


@pytest.mark.parametrize(
    ("progress", "at"), [(Interrupted, "step 2 of"), (Silent, "publishing")], ids=["training", "publishing"]
)
def test_a_run_that_lost_its_lease_registers_nothing(workshop: Workshop, progress: type[Interrupted], at: str) -> None:
    before = list_models(workshop.store)
    job, lease = workshop.claim()
    taken: list[Lease] = []

    def lose(lease: Lease) -> None:
        assert give_back(workshop.store, lease, "It was thought dead.", counted=False) == "queued"
        claimed = claim_job(workshop.store)
        assert claimed is not None
        taken.append(claimed[1])

    with pytest.raises(ConflictError) as caught:
        workshop.tune(progress(workshop.store, job, lease, at, lose))

    assert caught.value.code == "lease_lost"
    assert list_models(workshop.store) == before
    assert get_job(workshop.store, job.id).status == "running"  # for the worker that has it now
    finish_job(workshop.store, taken[0], "failed")
