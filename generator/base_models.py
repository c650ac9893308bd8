"""The base model that is configured, the ones that releases need, and what to do where they are not the same."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from generator.backends.table import backend_of
from generator.chat import template_of, usable_template
from generator.manifest import CURRENT, Manifest, without_adapter
from generator.models.resolving import model_folder_of
from retriever.models.made_folders import check_made
from store.errors import ConflictError, DamagedError, InvalidInputError, NotFoundError
from store.folder import MANIFEST
from store.ids import canonical_json, sha256
from store.lineage import Lineage
from store.models import Model, get_model, list_models, register_base
from store.remembered_hashes import remembered_hash, remembered_hashes
from store.store import Store

_LOG = logging.getLogger("tandem")
# The files that decide what a model writes: weights, configurations, tokenizer and chat template. A changed README does
# not make another model.
_DECISIVE = re.compile(
    r"[^/]+\.(?:safetensors|json|jinja|model|tiktoken)|merges\.txt|vocab\.txt|[^/]*chat_templates/.*"
)
WAYS_OUT = (
    "Ways out: restore the model (generator.base_model) and restart; `tandem release rollback -d DOMAIN`; "
    "quote passages, `tandem release create -d DOMAIN generation.backend=extractive`; or take the configured model, "
    "`tandem release create -d DOMAIN base_model=current`, and promote that release."
)


class BaseModels:
    """The configured base model: `model` where there is one, and `problem` where it cannot be used, and why."""

    def __init__(self, store: Store, configured: Path | None, cache: Path) -> None:
        """Register the configured model, which `cache` holds where it has to be converted.

        What is no model is an `InvalidInputError` or `DamagedError`; one that was a model when the server last started
        is only a problem, so that domains that need it not live on.
        """
        self.model: Model | None = None
        self.problem: str | None = None
        self._store = store
        self._configured = configured
        if configured is None:
            return
        try:
            folder = model_folder_of(configured, cache, lambda file: remembered_hash(store, file))
            self.model = _register(store, folder, configured)
        except (InvalidInputError, DamagedError) as error:
            if not _was_served(store, configured):
                raise
            self.problem = f"The base model is gone: {error.message}"
        else:
            self._check_template(folder)
        if self.problem is not None:
            _LOG.warning("%s", self.problem)

    def needed(self, manifest: Manifest) -> Model:
        """Return the base model of a release. Raises `ConflictError` that names the ways out if it cannot be used."""
        wanted = manifest.base_model
        if self.problem is None and self.model is not None and self.model.id == wanted:
            return self.model
        if self.problem is not None and (self.model is None or self.model.id == wanted):
            raise ConflictError(f"{self.problem} {WAYS_OUT}", code="unusable_base_model")
        have = f"generator.base_model is {_named(self.model)}" if self.model else "generator.base_model is not set"
        needs = f"The release needs the base model {self._name_of(wanted)}; {have}{self._difference(wanted)}."
        sentences = (needs, self.problem, WAYS_OUT)
        raise ConflictError(" ".join(filter(None, sentences)), code="wrong_base_model")

    def current(self) -> Model:
        """Return the configured model for a new release, or raise `ConflictError`."""
        if self.problem is not None:
            raise ConflictError(f"{self.problem} Mend it, or change generator.base_model.", code="unusable_base_model")
        if self.model is None:
            message = "No language model is configured: set generator.base_model and restart the server."
            raise ConflictError(message, code="no_base_model")
        return self.model

    def put_into(self, manifest: Manifest) -> Manifest:
        """Return the manifest with the base model that its backend needs: the configured one, or none.

        Where it was asked for as `current`, an adapter of another base model is left out, and with it its arm.
        """
        backend = backend_of(manifest.generation.backend)
        if not backend.needs_base and not (backend.takes_base and self.model):
            return manifest.model_copy(update={"base_model": None, "adapter": None})
        base = self.current()
        if manifest.base_model == CURRENT and manifest.adapter and not self.fits(manifest.adapter):
            manifest = without_adapter(manifest)
        return manifest.model_copy(update={"base_model": base.id})

    def failed(self, error: ConflictError) -> None:
        """Remember that the model could not be loaded: it will not load the next time either."""
        self.problem = error.message

    def fits(self, adapter: str) -> bool:
        """Return whether an adapter was trained on the configured model."""
        return self.model is not None and get_model(self._store, adapter).base == self.model.id

    def _check_template(self, folder: Path) -> None:
        try:
            usable_template(template_of(folder))
        except ConflictError as error:
            self.problem = f"The base model {folder.name} cannot be used: {error.message}."
        except (ValueError, KeyError, TypeError, OSError) as error:
            self.problem = f"The base model {folder.name} cannot be used: its chat template cannot be read: {error}."

    def _name_of(self, model_id: str | None) -> str:
        try:
            return _named(get_model(self._store, model_id or ""))
        except NotFoundError:
            return str(model_id)

    def _difference(self, wanted: str | None) -> str:
        """Return which files of the configured model are not those of the wanted one, where both are known."""
        try:
            theirs = get_model(self._store, wanted or "").lineage.files
        except NotFoundError:
            return ""
        if not theirs or self.model is None:
            return ""
        mine = self.model.lineage.files
        differ = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
        return f", which differs in {', '.join(differ[:5])}{' …' if len(differ) > 5 else ''}"


def _named(model: Model) -> str:
    return f"{model.lineage.name or ''} ({model.id}, {model.path})"


def _was_served(store: Store, configured: Path) -> bool:
    """Return whether a model was registered that this setting stood for."""
    known = list_models(store, kind="base")
    return any(str(configured) == model.lineage.source or str(configured.resolve()) == model.path for model in known)


def _register(store: Store, folder: Path, configured: Path) -> Model:
    """Register the model in a folder by its decisive files; one once registered by all of its files keeps its id.

    Raises `DamagedError` if the folder was made here and is not as it was made.
    """
    every = remembered_hashes(store, folder)
    check_made(folder, every)
    files = {name: digest for name, digest in every.items() if _DECISIVE.fullmatch(name) and name != MANIFEST}
    digests = [sha256(canonical_json(each)) for each in (files, every)]
    known = [
        model
        for model in reversed(list_models(store, kind="base"))
        if model.sha256 in digests or model.lineage.files == files
    ]
    digest = known[0].sha256 if known else digests[0]
    name = folder.name if configured.is_dir() else configured.name
    return register_base(store, folder, digest, Lineage(name=name, source=str(configured), files=files))
