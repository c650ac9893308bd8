"""The backends: ONE table of what can write an answer. A new one is a module beside this and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from generator.answer import Generator
from generator.backends import extractive, transformers
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder


@dataclass(frozen=True)
class Parts:
    """What a backend may be made of: `base` is the folder of the base model, where the backend needs one.

    `adapter_folder` returns the folder of an adapter by its id, with every file checked.
    """

    encoder: Encoder
    settings: GeneratorSettings
    base: Path | None
    adapter_folder: Callable[[str], Path]


@dataclass(frozen=True)
class Backend:
    """A backend. `load` returns its generator, which many threads use; it may take minutes, and blocks nobody.

    With `needs_base` it writes with the base model of the release and its adapters; `without_passages` says that it
    can answer from what it knows. `about` says for reports what it does.
    """

    name: str
    load: Callable[[Parts], Generator]
    needs_base: bool
    without_passages: bool
    about: str


_ROWS = (
    Backend(
        "extractive",
        lambda _: extractive.ExtractiveGenerator(),
        needs_base=False,
        without_passages=False,
        about="passages quoted, without a language model",
    ),
    Backend(
        "transformers",
        lambda parts: transformers.CausalGenerator(_folder(parts), parts.settings, parts.adapter_folder),
        needs_base=True,
        without_passages=True,
        about="a local language model",
    ),
)
BACKENDS: Mapping[str, Backend] = MappingProxyType({row.name: row for row in _ROWS})
QUOTING = next(row.name for row in _ROWS if not row.needs_base)  # what serves where no language model is configured
WRITING = next(row.name for row in _ROWS if row.needs_base)  # what serves where one is


def quoting() -> Generator:
    """Return what quotes passages: it needs no model, and so takes the place of one that fails."""
    return extractive.ExtractiveGenerator()


def backend_of(name: str) -> Backend:
    """Return the backend of that name, which a manifest has checked."""
    return BACKENDS[name]


def _folder(parts: Parts) -> Path:
    if parts.base is None:
        raise ValueError("this backend needs a base model")
    return parts.base
