"""The registry of models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from service.actions import models
from service.http.objects import Deleted, ObjectList
from service.http.paging import Page, page
from service.wire.tandem.objects.models import ModelKind, ModelObject
from service.wire.tandem.routes.dependencies import AccessDep, RuntimeDep

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("")
def list_all(
    runtime: RuntimeDep,
    access: AccessDep,
    page: Annotated[Page, Depends(page(20))],
    domain: str | None = None,
    kind: ModelKind | None = None,
) -> ObjectList[ModelObject]:
    """Return models, newest first."""
    return page.of([ModelObject.of(*each) for each in models.find(runtime, domain, kind, access)])


@router.get("/{model}")
def get(model: str, runtime: RuntimeDep, access: AccessDep) -> ModelObject:
    """Return a model."""
    return ModelObject.of(*models.get(runtime, model, access))


@router.delete("/{model}")
def delete(model: str, runtime: RuntimeDep, access: AccessDep) -> Deleted:
    """Delete an adapter that neither the active release nor the one before it uses."""
    models.delete(runtime, model, access)
    return Deleted(id=model, object="model")
