"""The settings of retrieval that a release pins, typed, and what a release meant that was made before one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class RetrievalPart(BaseModel):
    """How passages are found: hits taken from each index, how they are fused, and how many reach the generator.

    A default is what a release without the setting did, so that it goes on doing it, and so does one made from it. What
    new domains begin with is in the settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    passages: int = Field(4, ge=1, le=50)
    candidates: int = Field(50, ge=1, le=1000)
    fusion: Literal["convex", "ranks"] = "ranks"
    dense_weight: float = Field(0.5, ge=0, le=1)
    spread_gain: float = Field(0.0, ge=0)
    rank_constant: int = Field(60, ge=1)
    rerank: int = Field(20, ge=0, le=200)


def retrieval_of(manifest: Mapping[str, Any]) -> RetrievalPart:
    """Return the settings of retrieval of a release, those filled in that it was made before."""
    return RetrievalPart.model_validate(manifest["retrieval"])
