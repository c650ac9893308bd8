"""The settings of tuning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from tuner.lora import LoraSettings


class TunerSettings(BaseModel):
    """The section `[tuner]`: a part for each method of `tuner.methods`, under its name, and what all have in common."""

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
