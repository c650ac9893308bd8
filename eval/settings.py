"""The settings of evaluation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings


class GateLimits(BaseModel):
    """What a release must show before it may be promoted without force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_questions: int = Field(20, ge=1, description="questions measured, at least")
    min_documents: int = Field(
        30, ge=2, description="documents that answerable questions are about, at least; those that share one are one"
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="the corrected p-value of a gain may be at most this")
    min_gain: float = Field(0.0, description="the lower end of the gain over the active release must be above this")
    max_abstention_loss: float = Field(0.1, ge=0, description="how much the abstention accuracy may fall")


class EvalSettings(BaseModel):
    """The section `[eval]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resamples: int = Field(10_000, ge=100, description="samples that an interval or a test is made of")
    seed: int = Field(0, description="of the resampling: the same seed gives the same intervals")
    weaknesses: int = Field(200, ge=0, description="wrong answers whose cause is looked for, at most; 0: of none")
    gate: GateLimits = GateLimits()


class EvaluateSection(BaseModel):
    """What the job `evaluate` gets: its own section and those of the packages that it composes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    eval: EvalSettings
    generator: GeneratorSettings
    retriever: RetrieverSettings
