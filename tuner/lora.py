"""LoRA (Hu et al. 2021): low-rank matrices beside every linear layer of the base model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from generator.adapters import check_adapter
from tuner.method import Lesson, Method, MethodSettings, Source, TrainedModel, learning

if TYPE_CHECKING:
    from tuner.data.rows import Conversation


class LoraSettings(MethodSettings):
    """A LoRA run; a recipe file and dotted overrides change single values."""

    r: int = Field(16, ge=1, le=256, description="rank of the adapter")
    alpha: int = Field(32, ge=1, le=4096, description="its updates are scaled by alpha / r")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the adapter's inputs left out in training")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="of the first step; it falls to zero in a line")
    epochs: float = Field(3, gt=0, le=1000, description="how often each example is seen")
    batch: int = Field(8, ge=1, le=1024, description="examples of one step")
    max_length: int = Field(1024, ge=16, le=131_072, description="tokens; passages are left out until an example fits")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="of the weights at the start and of the order of examples")


def rows(source: Source, settings: LoraSettings) -> list[Conversation]:
    """Return conversations, as the base model is asked when it serves."""
    from tuner.data.rows import conversations

    return conversations(source, settings)


def train(lesson: Lesson[LoraSettings, Conversation]) -> TrainedModel:
    """Return a LoRA adapter that learned the conversations."""
    from tuner.sft import train_adapter

    return train_adapter(lesson, LORA.name, lesson.settings, lambda: _shape(lesson.settings))


def _shape(settings: LoraSettings) -> object:
    from peft import LoraConfig

    return LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


LORA = Method(
    "lora",
    role="generator",
    kind="adapter",
    settings=LoraSettings,
    prepare=learning(LoraSettings, rows, train),
    check=check_adapter,
    libraries=("torch", "transformers", "peft", "trl"),
)
