"""The registry of models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from service.http.paging import Page, page
from service.wire.tandem.objects.content import Deleted, ObjectList
from service.wire.tandem.objects.lifecycle import ModelKind, ModelObject
from service.wire.tandem.routes.dependencies import RuntimeDep
from store.domains import domain_of, get_domain, list_domains
from store.models import Model, delete_model, get_model, list_models
from store.store import Store

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("")
def list_all(
    runtime: RuntimeDep,
    page: Annotated[Page, Depends(page(20))],
    domain: str | None = None,
    kind: ModelKind | None = None,
) -> ObjectList:
    """Return models, newest first."""
    domain_id = get_domain(runtime.store, domain).id if domain else None
    found = reversed(list_models(runtime.store, domain_id, kind))
    names = {each.id: each.name for each in list_domains(runtime.store)}
    shown = [each for each in found if each.domain_id is None or each.domain_id in names]
    return page.of([ModelObject.of(each, names[each.domain_id] if each.domain_id else None) for each in shown])


@router.get("/{model}")
def get(model: str, runtime: RuntimeDep) -> ModelObject:
    """Return a model."""
    return _object(runtime.store, get_model(runtime.store, model))


@router.delete("/{model}")
def delete(model: str, runtime: RuntimeDep) -> Deleted:
    """Delete an adapter that neither the active release nor the one before it uses."""
    delete_model(runtime.store, model)
    return Deleted(id=model, object="model")


def _object(store: Store, model: Model) -> ModelObject:
    return ModelObject.of(model, domain_of(store, model.domain_id).name if model.domain_id else None)
