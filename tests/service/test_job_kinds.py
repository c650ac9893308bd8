"""The table of job kinds: what it lets in, which waiting job it takes again, and who else goes by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from light import light_client
from writing import asks

from service.jobs.kinds import KINDS, queue_job
from service.settings import Settings
from store.datasets import Example, create_dataset
from store.domains import Domain
from store.errors import InvalidInputError, NotFoundError
from store.evaluations import evaluation_of_job
from store.jobs import claim_job, list_jobs
from store.store import Store


@pytest.fixture
def dataset(store: Store, domain: Domain) -> str:
    """The id of a data set named `faq`."""
    example = Example("q1", "train", asks("What is the fare?", "12 crowns"), {})
    return create_dataset(store, domain.id, "faq", "qa", "human", [example]).id


def test_seven_uploads_queue_one_ingest_job_and_one_that_runs_is_not_taken_again(tmp_path: Path, store: Store) -> None:
    http = light_client(tmp_path, store)

    def upload(name: str) -> str:
        body = {"documents": [{"external_id": name, "text": f"The text of {name}."}]}
        return str(http.post("/v1/domains/default/documents", json=body).json()["job"])

    (waiting,) = {upload(f"{number}.md") for number in range(7)}
    claim_job(store)
    after = upload("late.md")

    assert [job.id for job in list_jobs(store)] == [after, waiting]


def test_other_kinds_queue_a_job_for_each_call(store: Store, domain: Domain, dataset: str) -> None:
    for kind in ("tune_generator", "evaluate"):
        first, second = (queue_job(store, kind, domain.id, {"dataset": "faq"}) for _ in range(2))
        assert first.id != second.id
        assert first.params["dataset"] == dataset  # the name may be given to another one before it runs


def test_an_evaluation_is_there_as_soon_as_its_job(store: Store, domain: Domain, dataset: str) -> None:
    job = queue_job(store, "evaluate", domain.id, {"dataset": "faq", "arms": ["rag"]})

    assert evaluation_of_job(store, job.id).dataset_id == dataset
    assert job.params == {"dataset": dataset, "split": "test", "arms": ["rag"], "primary_metric": "f1"}


@pytest.mark.parametrize(
    ("kind", "params", "param"),
    [
        ("ingest", {"retry": 1}, "params.retry"),
        ("ingest", {"again": True}, "params.again"),
        ("tune_generator", {}, "params.dataset"),
        ("tune_generator", {"dataset": "faq", "lora": {"r": 0}}, "params.lora.r"),
        ("evaluate", {"dataset": "faq", "arms": []}, "params.arms"),
        ("evaluate", {"dataset": "faq", "primary_metric": "bleu"}, "params.primary_metric"),
    ],
)
def test_wrong_parameters_queue_nothing(
    store: Store, domain: Domain, dataset: str, kind: str, params: dict[str, object], param: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        queue_job(store, kind, domain.id, params)  # type: ignore[arg-type]

    assert refused.value.param == param
    assert list_jobs(store) == []


def test_what_a_job_names_must_be_in_its_domain(store: Store, domain: Domain, dataset: str) -> None:
    for params in ({"dataset": "other"}, {"dataset": "faq", "releases": ["rel_none"]}):
        with pytest.raises(NotFoundError):
            queue_job(store, "evaluate", domain.id, params)  # type: ignore[arg-type]
    assert list_jobs(store) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_process_of_a_job_gets_a_section_that_it_can_read(kind: object, tmp_path: Path) -> None:
    section = KINDS[kind.name].section(Settings(home=tmp_path))  # type: ignore[attr-defined]

    assert type(section).model_validate_json(section.model_dump_json()) == section


def test_the_interface_takes_and_describes_the_kinds_of_the_table(tmp_path: Path, store: Store) -> None:
    http = light_client(tmp_path, store)

    refused = http.post("/v1/jobs", json={"kind": "mine_bitcoin", "domain": "default"}).json()["error"]
    described = http.get("/openapi.json").json()

    assert [kind for kind in KINDS if f"'{kind}'" not in refused["message"]] == []
    assert (refused["message"].endswith(", not 'mine_bitcoin'."), refused["param"]) == (True, "kind")
    assert http.get("/v1/jobs?kind=mine_bitcoin").json()["error"]["param"] == "kind"
    assert described["components"]["schemas"]["NewJob"]["properties"]["kind"]["enum"] == list(KINDS)
