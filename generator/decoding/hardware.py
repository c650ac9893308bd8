"""What this machine computes a language model on: device, type of numbers, and how many threads."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from generator.settings import GeneratorSettings

if TYPE_CHECKING:
    import torch

_FRESH_S = 2.0  # the share of idle processors is measured over at least so long


def device_of(settings: GeneratorSettings) -> str:
    """Return the device that is set, else the first GPU, else the CPU."""
    import torch

    if settings.device != "auto":
        return settings.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def dtype_of(settings: GeneratorSettings, device: str) -> torch.dtype:
    """Return the type that is set, else bfloat16 where the device computes in it.

    A CPU that only converts bfloat16 is slower with it, and writes other texts than float32: it gets float32.
    """
    import torch

    if settings.dtype != "auto":
        chosen: torch.dtype = getattr(torch, settings.dtype)
        return chosen
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    computes = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if device == "cpu" and computes else torch.float32


def tokens_of_a_step(device: str) -> int:
    """Return how many tokens of prompts go through a model in one step: on a CPU so few that nobody waits long."""
    return 2048 if device.startswith("cuda") else 128


class Threads:
    """How many threads pay off now: as many as there are processors that others leave free.

    Two threads on a machine with one free processor wait for each other, and are slower than one by a multiple.
    """

    def __init__(self, fixed: int, processors: int | None = None, idle: Path = Path("/proc/stat")) -> None:
        self._fixed = fixed
        self._processors = processors or _own_processors()
        self._source = idle
        self._last = self._look()
        self.now = fixed or max(1, self._processors - round(_load()))  # a guess, until it is measured

    def look(self) -> int:
        """Return the number for the next steps; it is measured anew every few seconds."""
        before, now = self._last, self._look()
        if self._fixed or now is None or before is None or now[0] - before[0] < _FRESH_S:
            return self.now
        self._last = now
        seconds = now[0] - before[0]
        free = (now[1] - before[1] + now[2] - before[2]) / seconds  # idle, or busy with this process
        self.now = max(1, min(self._processors, int(free + 0.25)))
        return self.now

    def _look(self) -> tuple[float, float, float] | None:
        """Return the clock, and the seconds that processors were idle and that this process had, since a while ago."""
        try:
            first = self._source.read_text(encoding="ascii").split("\n", 1)[0].split()
            idle = sum(int(ticks) for ticks in first[4:6]) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, AttributeError):
            return None  # no Linux: all of them
        return time.monotonic(), idle, time.process_time()


def _own_processors() -> int:
    """Return how many processors this process may use, and wants to."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(count, int(wanted)) if wanted.isdigit() and int(wanted) else count


def _load() -> float:
    """Return how many threads wanted to run in the last minute; 0 where nobody counts them."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return 0.0
