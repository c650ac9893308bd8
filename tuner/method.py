"""What a tuning method is: a row of the table in `tuner.methods`, and what a job hands to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from generator.arms import Way

if TYPE_CHECKING:  # settings are read from here, and reading settings loads no index and no database
    from generator.engine import Engine
    from generator.manifest import Manifest
    from store.datasets import Example
    from store.models import Metrics
    from store.progress import Progress

Role = Literal["generator", "embedder", "reranker"]


class MethodSettings(BaseModel):
    """The settings of a method: its section in `[tuner]`, and what a recipe or a job changes of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Settings = TypeVar("Settings", bound=MethodSettings)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Source:
    """What rows are made from: examples, and the engine and the release that will answer like questions.

    `alive` is to be called now and then while that takes long.
    """

    engine: Engine
    domain_id: str
    manifest: Manifest
    base: Path
    examples: Sequence[Example]
    way: Way
    without_gold: float
    alive: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Lesson(Generic[Settings, Row]):
    """What is learned, by which settings, on which model; `progress` is told how far it is."""

    rows: Sequence[Row]
    settings: Settings
    base: Path
    threads: int
    progress: Progress


@dataclass(frozen=True)
class TrainedModel:
    """A trained model that is still in memory: `write` writes its files into a folder, and nothing else."""

    write: Callable[[Path], None]
    metrics: Metrics


Learn = Callable[[int, "Progress"], TrainedModel]  # what is left to do once rows are made: with so many threads


def learning(
    own: type[Settings],
    rows: Callable[[Source, Settings], list[Row]],
    train: Callable[[Lesson[Settings, Row]], TrainedModel],
) -> Callable[[Source, MethodSettings], Learn]:
    """Return what makes the rows of a method, and returns what learns them, by settings of its own type."""

    def prepare(source: Source, settings: MethodSettings) -> Learn:
        if not isinstance(settings, own):
            raise TypeError(f"settings of type {type(settings).__name__}, not {own.__name__}")
        made = rows(source, settings)
        return lambda threads, progress: train(Lesson(made, settings, source.base, threads, progress))

    return prepare


@dataclass(frozen=True)
class Method:
    """A way to tune. Its `name` is that of its section in settings, recipes and jobs, and stands in lineages.

    `role` says which part of a release it makes, `kind` what the registry calls that. `prepare` makes the rows that it
    learns from, and returns what learns them: see `learning`. `check` raises `DamagedError` for a folder that could not
    be served. `libraries` are those whose versions the lineage names.
    """

    name: str
    role: Role
    kind: str
    settings: type[MethodSettings]
    prepare: Callable[[Source, MethodSettings], Learn]
    check: Callable[[Path], None]
    libraries: tuple[str, ...]
