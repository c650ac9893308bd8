"""Data sets of a domain."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Response, UploadFile
from pydantic import Field, ValidationError

from generator.shots import delete_bank
from service.actions import datasets as actions
from service.http.objects import Deleted, ObjectList
from service.http.paging import Page, page
from service.http.validation import Body
from service.wire.tandem.objects.datasets import CheckObject, DatasetObject, ExampleObject
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep
from store.datasets import get_dataset, list_datasets, list_examples
from store.refusals import refusal
from tuner.data.exports.table import EXPORTS
from tuner.data.files.container import DataFile
from tuner.data.formats.table import FORMATS
from tuner.data.importing import Wishes
from tuner.data.reviewing import Decision
from tuner.data.templates.applying import Filling

router = APIRouter(prefix="/v1/domains/{domain}/datasets", tags=["domains"])


@router.post("", status_code=201)
def import_dataset(
    domain: DomainDep,
    runtime: RuntimeDep,
    file: Annotated[list[UploadFile], File(description="one file, or the files of a folder that belong together")],
    name: Annotated[str, Form(alias="name", min_length=1, max_length=100)],
    split: Annotated[str | None, Form(pattern="^(train|dev|test)$")] = None,
    skip_bad: Annotated[bool, Form(description="leave out what is wrong, and list it in `warnings`")] = False,
    format: Annotated[str | None, Form(description=f"told by the fields if not given: {', '.join(FORMATS)}")] = None,  # noqa: A002
) -> DatasetObject:
    """Import a file of examples: JSON Lines, a JSON array or object, CSV, TSV or Parquet, in any known format."""
    files = [DataFile(each.filename or "", each.file.read()) for each in file]
    dataset = actions.take(runtime, domain, name, files, Wishes(split, format, skip_bad))
    return DatasetObject.of(dataset, domain.name)


class FillingBody(Body):
    """How a template is applied to a table; see `tandem dataset template`.

    `columns` says which column a field is filled from, if not from that of its name; one that begins with `=` is the
    text after that.
    """

    template: str = Field(max_length=20_000, description="the name of a template, or one as TOML")
    name: str = Field(min_length=1, max_length=100)
    columns: dict[str, str] = Field(default_factory=dict, max_length=20)
    language: Literal["record", "en", "zh", "both"] = "record"
    wordings: int = Field(1, ge=1, le=20, description="of each record in each language")
    seed: int = Field(0, ge=0, le=2**32 - 1)
    split: Literal["train", "dev", "test"] | None = None
    skip_bad: bool = False


@router.post("/template", status_code=201)
def instruct(
    domain: DomainDep,
    runtime: RuntimeDep,
    file: Annotated[UploadFile, File(description="a table: CSV, TSV, JSON Lines, a JSON array, Parquet")],
    filling: Annotated[str, Form(description="a JSON object: template, name, columns, language, wordings, …")],
) -> DatasetObject:
    """Make instructions of the records of a table, by a template."""
    try:
        given = FillingBody.model_validate_json(filling)
    except ValidationError as error:
        raise refusal(error, where="filling") from error
    wishes = Filling(given.columns, given.language, given.wordings, given.seed, given.split, given.skip_bad)
    table = [DataFile(file.filename or "", file.file.read())]
    made = actions.instructed(runtime, domain, given.name, table, given.template, wishes)
    return DatasetObject.of(made, domain.name)


@router.get("")
def datasets(
    domain: DomainDep, runtime: RuntimeDep, page: Annotated[Page, Depends(page(20))]
) -> ObjectList[DatasetObject]:
    """Return the data sets of a domain, newest first."""
    found = reversed(list_datasets(runtime.store, domain.id))
    return page.of([DatasetObject.of(each, domain.name) for each in found])


@router.get("/{dataset}")
def dataset_in_path(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> DatasetObject:
    """Return a data set by its id or name."""
    return DatasetObject.of(get_dataset(runtime.store, domain.id, dataset), domain.name)


@router.get("/{dataset}/examples")
def examples(
    domain: DomainDep, dataset: str, runtime: RuntimeDep, page: Annotated[Page, Depends(page(100, "asc"))]
) -> ObjectList[ExampleObject]:
    """Return the examples of a data set in the order of their import; `after` is the key of one.

    The content of tainted ones is withheld.
    """
    found = list_examples(runtime.store, get_dataset(runtime.store, domain.id, dataset).id)
    return page.of_known_by([ExampleObject.of(example) for example in found], [example.key for example in found])


class SplitBody(Body):
    """How to split; with `drop_leaks` train loses what gives dev or test away, otherwise that is refused."""

    drop_leaks: bool = False


@router.get("/{dataset}/check")
def check(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> CheckObject:
    """Return what looks wrong in a data set, and which of its training examples give away what is measured with."""
    return CheckObject.of(actions.check(runtime, domain, dataset))


@router.post("/{dataset}/split")
def split_again(domain: DomainDep, dataset: str, body: SplitBody, runtime: RuntimeDep) -> DatasetObject:
    """Split a data set by document: 60 % train, 20 % dev, 20 % test."""
    found = actions.split(runtime, domain, dataset, drop_leaks=body.drop_leaks)
    return DatasetObject.of(found, domain.name)


class ReviewBody(Body):
    """What somebody decided on examples of a data set."""

    decisions: list[Decision] = Field(min_length=1, max_length=10_000)


@router.post("/{dataset}/review")
def review(domain: DomainDep, dataset: str, body: ReviewBody, runtime: RuntimeDep) -> DatasetObject:
    """Keep, edit or drop examples; drafts that are kept or edited are drafts no more."""
    return DatasetObject.of(actions.reviewed(runtime, domain, dataset, body.decisions), domain.name)


@router.get("/{dataset}/export", response_class=Response)
def export(
    domain: DomainDep,
    dataset: str,
    runtime: RuntimeDep,
    format: Annotated[str, Query(description=f"one of {', '.join(EXPORTS)}")] = "chat",  # noqa: A002
    split: Annotated[str | None, Query(pattern="^(train|dev|test)$")] = None,
) -> Response:
    """Return a data set as JSON Lines, or as a ZIP archive where the format is a folder."""
    found = actions.written(runtime, domain, dataset, format, split)
    kind = "application/zip" if found.zipped else "application/jsonl"
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(found.data, media_type=kind, headers=headers)


@router.delete("/{dataset}")
def remove_dataset(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> Deleted:
    """Delete a data set; 409 if the active release shows examples of it."""
    return Deleted(id=delete_bank(runtime.store, domain.id, dataset).id, object="dataset")
