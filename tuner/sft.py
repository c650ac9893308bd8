"""Supervised training of an adapter by TRL: completion-only loss over tokens, the adapter's shape given by PEFT."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from generator.causal import load_causal
from retriever.models.quiet import quiet_transformers
from store.errors import TandemError, UnprocessableError
from tuner.data.rows import Conversation
from tuner.method import Lesson, MethodSettings, TrainedModel
from tuner.reporting import training_reporter

if TYPE_CHECKING:
    import torch

_LOGS = 200  # events about a training, at most; the loss of each is the mean since the one before


class DivergedError(TandemError):
    """Training ended in weights or a loss that are no numbers: the learning rate is too high, or the data is broken."""

    code = "training_diverged"


class Schedule(Protocol):
    """The settings of a training that do not depend on what is trained."""

    @property
    def learning_rate(self) -> float:
        """The rate of the first step; it falls to zero in a line."""
        ...

    @property
    def epochs(self) -> float:
        """How often each row is seen."""
        ...

    @property
    def batch(self) -> int:
        """Rows of a step."""
        ...

    @property
    def seed(self) -> int:
        """What chance begins with."""
        ...


class AdapterModel(Protocol):
    """What is used of a model of PEFT after its training."""

    def parameters(self) -> Iterable[torch.nn.Parameter]:
        """Return all weights, those of the base included."""
        ...

    def save_pretrained(self, folder: Path, *, safe_serialization: bool) -> None:
        """Write the adapter."""
        ...


S = TypeVar("S", bound=MethodSettings)


def train_adapter(
    lesson: Lesson[S, Conversation], name: str, schedule: Schedule, shape: Callable[[], object]
) -> TrainedModel:
    """Return an adapter of the shape that PEFT is told by `shape`, trained on conversations.

    `name` is the method's, for messages. Raises `DivergedError` if what comes out is no number.
    """
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTTrainer

    if lesson.threads:
        torch.set_num_threads(lesson.threads)
    rows = lesson.rows
    tokenizer, model = load_causal(lesson.base)
    reporter = training_reporter(lesson.progress)
    with tempfile.TemporaryDirectory(prefix="tandem-") as work, quiet_transformers():  # nothing is saved there
        trainer = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list([row.as_row() for row in rows]),
            args=_arguments(schedule, work, len(rows)),
            peft_config=shape(),
            callbacks=[reporter],
        )
        trainer.remove_callback(PrinterCallback)
        if len(trainer.train_dataset) != len(rows):  # TRL drops silently what it cannot tokenise
            raise UnprocessableError(f"TRL kept {len(trainer.train_dataset)} of {len(rows)} rows.", code="rows_dropped")
        result = trainer.train()
    trained: AdapterModel = trainer.model
    loss = float(result.training_loss)
    weights = (parameter for parameter in trained.parameters() if parameter.requires_grad)
    if not math.isfinite(loss) or not all(bool(weight.isfinite().all()) for weight in weights):
        raise DivergedError(
            f"Training diverged (loss {loss}). Lower {name}.learning_rate, now {schedule.learning_rate}."
        )
    return TrainedModel(
        lambda folder: _write(trained, folder),
        {
            "train_loss": round(loss, 4),
            "final_loss": reporter.final_loss,
            "steps": result.global_step,
            "examples": len(rows),
            "seconds": round(float(result.metrics["train_runtime"]), 1),
        },
    )


def _write(model: AdapterModel, folder: Path) -> None:
    """Write configuration and weights, and nothing else (PEFT adds a README, and the local path of the base)."""
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), "base_model_name_or_path": None}
    path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def _arguments(schedule: Schedule, work: str, rows: int) -> object:
    """Return what TRL is told; completion-only loss over tokens is its default for this layout of rows."""
    from trl import SFTConfig

    steps = math.ceil(rows / schedule.batch) * schedule.epochs

    return SFTConfig(
        output_dir=work,
        max_length=None,
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.batch,
        learning_rate=schedule.learning_rate,
        warmup_steps=0,  # LoRA begins at zero itself; a warm-up would waste most of a short run
        lr_scheduler_type="linear",
        seed=schedule.seed,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        logging_strategy="steps",
        logging_first_step=True,
        logging_steps=max(1, math.ceil(steps / _LOGS)),
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
        dataloader_pin_memory=False,
    )
