"""What a training tells while it runs: how far it is, loss, learning rate, tokens."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Protocol

from store.progress import Progress

Logs = Mapping[str, float]  # what TRL tells of a step
_BEGIN, _SHARE = 0.1, 0.85  # of the job: what comes before the training, and the training


class TrainingState(Protocol):
    """How far a training of transformers is."""

    global_step: int
    max_steps: int


class Reporter(Protocol):
    """A callback of transformers; `final_loss` is the last loss that it saw, None before."""

    final_loss: float | None


def training_reporter(progress: Progress) -> Reporter:
    """Return a callback of transformers that reports to a job.

    Each event's data hold `step`, `steps`, and as far as TRL says them `epoch`, `loss` (the mean since the event
    before), `learning_rate`, `tokens` so far and `tokens_per_s`.
    """
    from transformers import TrainerCallback

    class Telling(TrainerCallback):  # type: ignore[misc]
        final_loss: float | None = None

        def __init__(self) -> None:
            self._before = (time.monotonic(), 0.0)

        def on_train_begin(self, args: object, state: TrainingState, control: object, **kwargs: object) -> None:
            del args, state, control, kwargs
            progress.restart()
            self._before = (time.monotonic(), 0.0)

        def on_step_end(self, args: object, state: TrainingState, control: object, **kwargs: object) -> None:
            del args, control, kwargs
            progress(_BEGIN + _SHARE * state.global_step / state.max_steps)

        def on_log(
            self, args: object, state: TrainingState, control: object, logs: Logs | None = None, **kw: object
        ) -> None:
            del args, control, kw
            if not logs or "loss" not in logs:  # the summary at the end
                return
            data = {"step": state.global_step, "steps": state.max_steps, **_numbers(logs), **self._speed(logs)}
            self.final_loss = data.get("loss")
            loss = f"loss {data['loss']:.4f}" if "loss" in data else "the loss is no number"
            message = f"step {state.global_step} of {state.max_steps}, {loss}"
            progress(_BEGIN + _SHARE * state.global_step / state.max_steps, message, data=data)

        def _speed(self, logs: Logs) -> dict[str, float | None]:
            """Return the tokens so far and those of a second since the last log."""
            if "num_tokens" not in logs:
                return {}
            clock, tokens = time.monotonic(), float(logs["num_tokens"])
            seconds, more = clock - self._before[0], tokens - self._before[1]
            self._before = (clock, tokens)
            return {"tokens": int(tokens), "tokens_per_s": round(more / seconds, 1) if seconds > 0 else None}

    return Telling()


def _numbers(logs: Logs) -> dict[str, float]:
    """Return those of the wanted numbers that are there and finite."""
    wanted = {name: float(logs[name]) for name in ("loss", "learning_rate", "epoch") if name in logs}
    places = {"loss": 4, "epoch": 3, "learning_rate": 9}
    return {name: round(value, places[name]) for name, value in wanted.items() if math.isfinite(value)}
