"""The registry of models."""

from __future__ import annotations

from service.access import Access
from service.actions import domains
from service.runtime import Runtime
from store.domains import domain_of
from store.models import Model, delete_model, get_model, list_models

Owned = tuple[Model, str | None]  # with the name of its domain; None for a model of all domains


def get(runtime: Runtime, model_id: str, access: Access) -> Owned:
    """Return a model, or raise `NotFoundError`."""
    model = get_model(runtime.store, model_id)
    access.check(model.domain_id, "model", model_id)
    return model, domain_of(runtime.store, model.domain_id).name if model.domain_id else None


def find(runtime: Runtime, domain: str | None, kind: str | None, access: Access) -> list[Owned]:
    """Return the models, the oldest first: of all domains, or of the one of that name."""
    found = reversed(list_models(runtime.store, domains.id_of(runtime, domain, access), kind))
    names = domains.names(runtime)
    return [
        (each, names[each.domain_id] if each.domain_id else None)
        for each in found
        if each.domain_id is None or each.domain_id in names
    ]


def delete(runtime: Runtime, model_id: str, access: Access) -> None:
    """Delete an adapter that neither the active release nor the one before it uses."""
    get(runtime, model_id, access)
    delete_model(runtime.store, model_id)
