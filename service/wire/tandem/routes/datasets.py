"""Data sets of a domain."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile

from service.http.objects import Deleted, ObjectList
from service.http.paging import Page, page
from service.wire.tandem.objects.datasets import DatasetObject, ExampleObject
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep
from store.datasets import delete_dataset, get_dataset, list_datasets, list_examples
from tuner.data.importing import import_examples

router = APIRouter(prefix="/v1/domains/{domain}/datasets", tags=["domains"])


@router.post("", status_code=201)
def import_dataset(
    domain: DomainDep,
    runtime: RuntimeDep,
    file: Annotated[UploadFile, File()],
    name: Annotated[str, Form(alias="name", min_length=1, max_length=100)],
    split: Annotated[str | None, Form(pattern="^(train|dev|test)$")] = None,
) -> DatasetObject:
    """Import a JSON Lines file of questions with answers."""
    dataset = import_examples(runtime.store, domain.id, name, file.file.read(), split)
    return DatasetObject.of(dataset, domain.name)


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


@router.delete("/{dataset}")
def remove_dataset(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> Deleted:
    """Delete a data set."""
    return Deleted(id=delete_dataset(runtime.store, domain.id, dataset).id, object="dataset")
