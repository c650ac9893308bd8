"""What `precision = "auto"` and `threads = 0` mean on this machine, measured once for each converted model.

What a user set always holds, and with a precision of their own nothing is measured. Passages are computed in float32
or bfloat16, which are one space; 8-bit ones are another, so it takes a user to choose them. A question's vector is used
once: any precision serves it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from retriever.models.compiled import Computation, InferRequests, core, cpu_floats, cpu_name
from retriever.models.measuring import Measured, Trial, cores, quickest
from retriever.models.reference import Reference
from retriever.settings import RetrieverSettings
from store.json_values import Json, JsonObject

_PASSAGES = (4, 128)  # texts and tokens that are timed
_QUESTION = (1, 16)
_MANY_CORES = 4  # from so many on half of them is tried, too: hyper-threads and neighbours can make that quicker


@dataclass(frozen=True)
class Model:
    """A converted model: its folder, how messages call it, its reference, and how many tokens it reads."""

    folder: Path
    what: str
    reference: Path
    longest: int

    def requests(self, computation: Computation, count: int) -> InferRequests:
        """Return infer requests of the model, compiled for a computation and compared with the reference."""
        return InferRequests(self.folder, computation, count, self.what, self.reference)


def for_passages(model: Model, settings: RetrieverSettings, precision: str | None) -> Computation:
    """Return how many long texts are computed; `precision` is what the settings say, None if they leave it open."""
    if precision:
        return Computation.of(settings, precision)
    shape = (_PASSAGES[0], min(_PASSAGES[1], model.longest))
    ways = [Computation.of(settings, name) for name in dict.fromkeys((cpu_floats(), "f32"))]
    tried: list[Path] = []
    first = _quickest(model, f"passages-{settings.threads}", ways, shape, tried)
    counts = (0, cores() // 2) if not settings.threads and cores() >= _MANY_CORES else (settings.threads,)
    several = [replace(first, threads=count) for count in counts]
    return _tidied(_quickest(model, "passages-threads", several, shape, tried), tried)


def for_questions(model: Model, settings: RetrieverSettings, precision: str | None) -> Computation:
    """Return how a question of up to 16 tokens alone is computed; longer short ones in the same way."""
    if precision:
        return Computation.of(settings, precision, _QUESTION)
    ways = [Computation.of(settings, name, _QUESTION) for name in dict.fromkeys(("int8", cpu_floats(), "f32"))]
    tried: list[Path] = []
    first = _quickest(model, f"questions-{settings.threads}", ways, _QUESTION, tried)
    counts = (0, 1) if not settings.threads and cores() > 1 else (settings.threads,)
    several = [replace(first, threads=count) for count in counts]
    return _tidied(_quickest(model, "questions-threads", several, _QUESTION, tried), tried)


def floats_of(settings: RetrieverSettings) -> str | None:
    """Return "f32" or "bf16" for a model that is never quantised, None if the settings leave it open."""
    if settings.precision == "auto":
        return None
    return cpu_floats() if settings.precision == "int8" else settings.precision


def this_machine() -> JsonObject:
    """Return what a measurement depends on, as JSON has it."""
    import openvino

    return {
        "cpu": cpu_name(),
        "capabilities": list[Json](sorted(map(str, core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")))),
        "cores": cores(),
        "openvino": str(openvino.get_version()),
    }


def place_of(model: Model, part: str) -> Path:
    """Return the file beside the converted model that keeps what was measured for a part of the work."""
    return model.folder.with_name(f"measured-{model.folder.name}-{part}.json")


def _tidied(chosen: Computation, tried: Sequence[Path]) -> Computation:
    """Return what was chosen, and remove what was compiled for the measurement alone: some ten megabytes each."""
    for folder in tried:
        if folder.name != chosen.name:
            shutil.rmtree(folder, ignore_errors=True)
    return chosen


def _quickest(
    model: Model, part: str, ways: Sequence[Computation], shape: tuple[int, int], tried: list[Path]
) -> Computation:
    """Return the quickest of the ways; folders that did not exist before are added to `tried`."""
    if len(ways) == 1:
        return ways[0]

    def preparing(computation: Computation) -> Callable[[], Trial]:
        def prepare() -> Trial:
            if not (model.folder / computation.name).exists():
                tried.append(model.folder / computation.name)
            requests = model.requests(computation, 1)
            inputs = {
                name: np.ones(shape, np.int64) if name == "attention_mask" else np.resize(rows, shape)
                for name, rows in Reference.read(model.reference).inputs.items()
            }
            return lambda: requests.infer(inputs)

        return prepare

    named = {computation.name: computation for computation in ways}
    trials = {name: preparing(computation) for name, computation in named.items()}
    found: Measured = quickest(place_of(model, part), trials, this_machine())
    return named[found.chosen]
