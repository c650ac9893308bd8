"""The settings of tuning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings


class LoraSettings(BaseModel):
    """A LoRA run; a recipe file and dotted overrides change single values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    r: int = Field(16, ge=1, le=256)
    alpha: int = Field(32, ge=1, le=4096)
    dropout: float = Field(0.0, ge=0, lt=1)
    learning_rate: float = Field(1e-3, gt=0, le=1)
    epochs: float = Field(3, gt=0, le=1000)
    batch: int = Field(8, ge=1, le=1024)
    max_length: int = Field(1024, ge=16, le=131_072, description="tokens; passages are left out until an example fits")
    seed: int = Field(0, ge=0, le=2**32 - 1)


class TunerSettings(BaseModel):
    """The section `[tuner]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lora: LoraSettings = LoraSettings()
    threads: int = Field(0, ge=0, le=1024, description="threads of training; 0: as many as there are cores")
    without_gold: float = Field(
        0.125, ge=0, lt=1, description="share of answerable examples shown without their passage"
    )


class TuneSection(BaseModel):
    """What the job `tune_generator` gets: its own section and those of the packages that it composes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tuner: TunerSettings
    generator: GeneratorSettings
    retriever: RetrieverSettings
