"""The settings of answering."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class GeneratorSettings(BaseModel):
    """The section `[generator]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: Path | None = Field(
        None, description="folder of a causal model, or seed; without one, answers are extractive"
    )
    threads: int = Field(0, ge=0, description="threads of the language model; 0: as many as there are cores")
    passages: int = Field(4, ge=1, le=50, description="passages given to the generator")
    max_new_tokens: int = Field(96, ge=1, le=4096, description="tokens of an answer, at most")
    rewrite_s: float = Field(
        5.0,
        ge=0,
        allow_inf_nan=False,
        description="seconds for the language model to write out a follow-up question; 0, and with seed: by the rule",
    )
    max_adapters: int = Field(4, ge=1, description="adapters kept in memory")
