"""Domains and their data sets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import Field

from service.http.paging import Page, page
from service.http.validation import Body, Metadata
from service.runtime import Runtime
from service.wire.tandem.objects.content import Deleted, DomainObject, ObjectList
from service.wire.tandem.objects.lifecycle import DatasetObject, ExampleObject
from service.wire.tandem.routes.dependencies import DomainDep, RuntimeDep
from store.datasets import delete_dataset, get_dataset, list_datasets, list_examples
from store.domains import Domain, delete_domain, domain_sizes, list_domains, update_domain
from tuner.data.importing import import_questions

router = APIRouter(prefix="/v1/domains", tags=["domains"])


class NewDomain(Body):
    """A domain to create."""

    name: str
    description: str = Field("", max_length=4000)
    metadata: Metadata = Field(default_factory=dict)


class DomainChange(Body):
    """What to change of a domain."""

    description: str | None = Field(None, max_length=4000)
    metadata: Metadata | None = None


@router.post("", status_code=201)
def create(body: NewDomain, runtime: RuntimeDep) -> DomainObject:
    """Create a domain with a first release."""
    metadata: dict[str, Any] = dict(body.metadata)
    return _object(runtime, runtime.engine.create_domain(body.name, body.description, metadata))


@router.get("")
def list_all(runtime: RuntimeDep, page: Annotated[Page, Depends(page(1000, "asc"))]) -> ObjectList:
    """Return the domains, ordered by name."""
    domains = list_domains(runtime.store)
    sizes = domain_sizes(runtime.store, domains)
    return page.of([DomainObject.of(domain, size) for domain, size in zip(domains, sizes, strict=True)])


@router.get("/{domain}")
def get(domain: DomainDep, runtime: RuntimeDep) -> DomainObject:
    """Return a domain."""
    return _object(runtime, domain)


@router.patch("/{domain}")
def change(body: DomainChange, domain: DomainDep, runtime: RuntimeDep) -> DomainObject:
    """Change description or metadata."""
    return _object(runtime, update_domain(runtime.store, domain.name, body.description, body.metadata))


@router.delete("/{domain}")
def delete(domain: DomainDep, runtime: RuntimeDep) -> Deleted:
    """Delete a domain with everything in it. `default` comes back, empty, with the next call that names none."""
    delete_domain(runtime.store, domain.name)
    runtime.engine.retriever.forget(domain.id)
    return Deleted(id=domain.id, object="domain")


@router.post("/{domain}/datasets", status_code=201)
def import_dataset(
    domain: DomainDep,
    runtime: RuntimeDep,
    file: Annotated[UploadFile, File()],
    name: Annotated[str, Form(alias="name", min_length=1, max_length=100)],
    split: Annotated[str | None, Form(pattern="^(train|dev|test)$")] = None,
) -> DatasetObject:
    """Import a JSON Lines file of questions with answers."""
    dataset = import_questions(runtime.store, domain.id, name, file.file.read(), split)
    return DatasetObject.of(dataset, domain.name)


@router.get("/{domain}/datasets")
def datasets(domain: DomainDep, runtime: RuntimeDep, page: Annotated[Page, Depends(page(20))]) -> ObjectList:
    """Return the data sets of a domain, newest first."""
    found = reversed(list_datasets(runtime.store, domain.id))
    return page.of([DatasetObject.of(each, domain.name) for each in found])


@router.get("/{domain}/datasets/{dataset}")
def dataset_in_path(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> DatasetObject:
    """Return a data set by its id or name."""
    return DatasetObject.of(get_dataset(runtime.store, domain.id, dataset), domain.name)


@router.get("/{domain}/datasets/{dataset}/examples")
def examples(
    domain: DomainDep, dataset: str, runtime: RuntimeDep, page: Annotated[Page, Depends(page(100, "asc"))]
) -> ObjectList:
    """Return the examples of a data set in the order of their import; `after` is the key of one.

    The content of tainted ones is withheld.
    """
    found = list_examples(runtime.store, get_dataset(runtime.store, domain.id, dataset).id)
    return page.of([ExampleObject.of(example) for example in found], [example.key for example in found])


@router.delete("/{domain}/datasets/{dataset}")
def remove_dataset(domain: DomainDep, dataset: str, runtime: RuntimeDep) -> Deleted:
    """Delete a data set."""
    return Deleted(id=delete_dataset(runtime.store, domain.id, dataset).id, object="dataset")


def _object(runtime: Runtime, domain: Domain) -> DomainObject:
    return DomainObject.of(domain, domain_sizes(runtime.store, [domain])[0])
