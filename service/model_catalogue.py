"""The models that have a name, of every kind: what is known of them, and how one is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from generator.models.hub import fetch_from_hub, is_hub_id
from generator.models.known import KNOWN_GENERATORS
from retriever.models.fetching import fetch
from retriever.models.known_encoders import KNOWN_ENCODERS
from retriever.models.packaged import PackagedModel
from store.errors import InvalidInputError
from store.json_values import Json

KNOWN: Mapping[str, PackagedModel] = MappingProxyType({**KNOWN_GENERATORS, **KNOWN_ENCODERS})


def catalogue(cache: Path) -> list[Json]:
    """Return what is known of each model, and whether `cache` holds it."""
    return [
        {
            "name": model.name,
            "kind": model.kind,
            "setting": model.setting,
            "languages": model.languages,
            "fetched": model.is_made(cache),
            "download_mb": model.download_mb,
            "disk_mb": model.disk_mb,
            "memory_mb": model.memory_mb,
            "licence": model.licence.name,
            "licence_url": model.licence.url,
            "must_be_accepted": model.licence.must_be_accepted,
            "sha256": model.sha256,
            "packages": [part.requirement for part in model.parts],
            "about": model.about,
        }
        for model in KNOWN.values()
    ]


def fetch_known(cache: Path, name: str, *, accepted: bool, tell: Callable[[str], None]) -> tuple[Path, str]:
    """Return the folder of the model of that name, fetched if needed, and the setting that takes it.

    Raises `InvalidInputError` if there is no such name, and what `fetch` and `fetch_from_hub` raise.
    """
    if name in KNOWN:
        return fetch(KNOWN[name], cache, accepted=accepted, tell=tell), KNOWN[name].setting
    if is_hub_id(name):
        return fetch_from_hub(name, tell), "generator.base_model"
    message = f"There is no model {name[:80]!r}; there are {', '.join(KNOWN)}, and owner/name of the hub."
    raise InvalidInputError(message, code="model_not_found", param="name")
