"""Which of several ways to compute is the quickest on this machine: found once by a short measurement, and kept.

What is quickest differs between CPUs by factors (8-bit products, bfloat16, one thread or all), so no fixed rule serves
them all. A noisy machine shall not decide by chance: the ways take turns, medians are compared, and the usual way stays
unless another is clearly quicker.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from store.errors import ComputationError
from store.json_values import JsonObject

Trial = Callable[[], object]

_LOG = logging.getLogger("tandem")
_CLEARLY = 0.9  # share of the usual way's time below which another is clearly quicker
_ROUNDS = range(5, 40)  # as many as fit into the time, at least the first number
_SECONDS = 0.6


@dataclass(frozen=True)
class Measured:
    """What a measurement found: the quickest way, and the median milliseconds of each; none where it could not run.

    `machine` is what it is true of.
    """

    chosen: str
    milliseconds: Mapping[str, float | None]
    machine: JsonObject


def quickest(place: Path, ways: Mapping[str, Callable[[], Trial]], machine: JsonObject) -> Measured:
    """Return the quickest of the ways, the usual one first, as the file `place` says or as a measurement finds.

    Each way prepares itself when called and returns what is timed. One that computes wrongly here is out; if all are,
    the `ComputationError` of the last is raised. The file holds for this machine and these ways only.
    """
    if len(ways) == 1:
        return Measured(next(iter(ways)), {}, machine)
    kept = read_measured(place)
    if kept is not None and kept.machine == machine and kept.milliseconds.keys() == ways.keys():
        return kept
    trials: dict[str, Trial] = {}
    wrong: ComputationError | None = None
    for name, prepare in ways.items():
        try:
            trials[name] = prepare()
        except ComputationError as error:
            _LOG.warning("%s is left out on this machine: %s", name, error.message)
            wrong = error
    if wrong is not None and not trials:
        raise wrong
    found = dict.fromkeys(ways) | timed(trials)
    measured = Measured(clearly_quickest({name: ms for name, ms in found.items() if ms is not None}), found, machine)
    write_measured(place, measured)
    return measured


def timed(trials: Mapping[str, Trial], seconds: float = _SECONDS) -> dict[str, float]:
    """Return the median milliseconds of each trial; they take turns, and the first turn is not counted.

    It takes five turns, and more if they fit into the seconds.
    """
    milliseconds: dict[str, list[float]] = {name: [] for name in trials}
    for trial in trials.values():
        trial()
    end = time.perf_counter() + seconds
    for number in range(_ROUNDS.stop):
        if number >= _ROUNDS.start and time.perf_counter() > end:
            break
        for name, trial in trials.items():
            begun = time.perf_counter()
            trial()
            milliseconds[name].append((time.perf_counter() - begun) * 1000)
    return {name: round(statistics.median(own), 4) for name, own in milliseconds.items()}


def clearly_quickest(milliseconds: Mapping[str, float]) -> str:
    """Return the quickest way; the first one unless another takes at most nine tenths of its time."""
    usual = next(iter(milliseconds))
    best = min(milliseconds, key=lambda name: milliseconds[name])
    return best if milliseconds[best] <= _CLEARLY * milliseconds[usual] else usual


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_measured(place: Path) -> Measured | None:
    """Return what `write_measured` wrote, None if there is nothing that can be read."""
    try:
        return Measured(**json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_measured(place: Path, measured: Measured) -> None:
    """Keep a measurement; one that cannot be kept is made again by the next process."""
    part = place.with_name(f".{place.name}-{uuid.uuid4().hex}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(measured), indent=1) + "\n", encoding="utf-8")
        part.replace(place)
    except OSError as error:
        _LOG.warning("what was measured could not be kept: %s", error.strerror)
