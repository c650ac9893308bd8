"""The backends: ONE table of what can write an answer. A new one is a module beside this and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from generator.answer import Generator
from generator.backends import extractive, openai, transformers
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

    With `needs_base` it writes with the base model of the release and its adapters; with `takes_base` it does so where
    one is configured, and else without adapters. `without_passages` says that it can answer from what it knows.
    `about` says for reports what it does. `check` raises `ConflictError` if the settings lack something.
    """

    name: str
    load: Callable[[Parts], Generator]
    needs_base: bool
    without_passages: bool
    about: str
    takes_base: bool = False
    check: Callable[[GeneratorSettings], None] = lambda _: None

    @property
    def takes_adapters(self) -> bool:
        """Whether it can write with adapters of a base model."""
        return self.needs_base or self.takes_base


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
    Backend(
        "openai",
        lambda parts: openai.ServerGenerator(parts.settings, parts.base, parts.adapter_folder),
        needs_base=False,
        without_passages=True,
        about="a language model behind an OpenAI-compatible server",
        takes_base=True,
        check=openai.check_settings,
    ),
)
BACKENDS: Mapping[str, Backend] = MappingProxyType({row.name: row for row in _ROWS})
SERVED_ELSEWHERE = "openai"  # what serves where a server is configured
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
