"""Loading: what writes for a release, loaded once at its first need, while everything that needs another goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from generator.answer import Closable, Generator
from generator.backends.table import Backend, Parts, backend_of
from generator.base_models import WAYS_OUT, BaseModels
from generator.manifest import Manifest
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from store.errors import ConflictError, DamagedError, NotReadyError
from store.models import Model, get_model, model_folder
from store.store import Store


class LoadingError(NotReadyError):
    """What would write the answer is being loaded by another request for longer than this one waits."""

    code = "model_loading"


@dataclass
class _Slot:
    """A backend, and the turn of the one request that loads it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    generator: Generator | None = None


class LoadedBackends:
    """The backends that answers needed so far. Safe to use from many threads."""

    def __init__(self, store: Store, settings: GeneratorSettings, encoder: Encoder, base_models: BaseModels) -> None:
        self._store = store
        self._settings = settings
        self._encoder = encoder
        self._base_models = base_models
        self._slots: dict[str, _Slot] = {}
        self._changing = threading.Lock()  # of the slots; held for no longer than it takes to add one
        self._sound_adapters: dict[str, tuple[object, ...]] = {}  # how their files looked when they were last checked

    def of(self, manifest: Manifest, wait_s: float = -1) -> Generator:
        """Return what writes for a release, loading it if needed.

        Raises `LoadingError` if another request is loading it for longer than `wait_s` seconds (-1: wait for it), and
        `ConflictError` if the base model that it needs cannot be used.
        """
        backend = backend_of(manifest.generation.backend)
        backend.check(self._settings)
        if _uses_base(backend, manifest):
            self._base_models.needed(manifest)
        slot = self._slot(backend.name)
        if slot.generator is not None:
            return slot.generator
        if not slot.turn.acquire(timeout=wait_s):
            raise LoadingError(f"The {backend.name} backend is being loaded; try again in a moment.")
        try:
            if slot.generator is None:
                slot.generator = self._load(backend, manifest)
            return slot.generator
        finally:
            slot.turn.release()

    def check(self, manifest: Manifest) -> None:
        """Raise `ConflictError` if the base model that a release needs is another, or its files are gone.

        Or if the settings lack what its backend needs.
        """
        backend = backend_of(manifest.generation.backend)
        backend.check(self._settings)
        if not _uses_base(backend, manifest):
            return
        base = self._base_models.needed(manifest)
        loaded = self._slot(backend.name).generator is not None  # then its files are needed no more
        if not loaded and not (Path(base.path) / "config.json").is_file():
            raise ConflictError(
                f"The files of the base model {base.id} are gone: put them back, or set generator.base_model.",
                code="base_model_missing",
            )

    def check_adapter(self, model: Model) -> None:
        """Raise `ConflictError` unless the adapter's files are those that were published; read when they changed."""
        folder = self._store.folder.root / model.path
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        state = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
        if self._sound_adapters.get(model.id) == state:
            return
        try:
            model_folder(self._store, model)
        except (DamagedError, OSError) as error:
            message = f"The files of the adapter {model.id} are damaged or gone: tune again, or put them back."
            raise ConflictError(message, code="adapter_damaged") from error
        self._sound_adapters[model.id] = state

    def close(self) -> None:
        """Give back what the backends hold; the next answer loads them anew."""
        with self._changing:
            slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            if isinstance(slot.generator, Closable):
                slot.generator.close()

    def _slot(self, name: str) -> _Slot:
        with self._changing:
            return self._slots.setdefault(name, _Slot())

    def _load(self, backend: Backend, manifest: Manifest) -> Generator:
        base = Path(self._base_models.needed(manifest).path) if backend.needs_base else None  # it may have failed since
        if backend.takes_base and self._base_models.model is not None:
            base = Path(self._base_models.model.path)
        try:
            return backend.load(Parts(self._encoder, self._settings, base, self._adapter_folder))
        except ConflictError as error:
            self._base_models.failed(error)
            raise ConflictError(f"{error.message} {WAYS_OUT}", code=error.code) from error

    def _adapter_folder(self, key: str) -> Path:
        return model_folder(self._store, get_model(self._store, key))


def _uses_base(backend: Backend, manifest: Manifest) -> bool:
    """Return whether a release writes with a base model that is configured here."""
    return backend.needs_base or (backend.takes_base and manifest.base_model is not None)
