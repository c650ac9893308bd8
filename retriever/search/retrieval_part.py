"""What a search needs of a release: the settings of retrieval that it pins, and what it may search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RetrievalPart(BaseModel):
    """How passages are found: hits taken from each index, how they are fused, and how many reach the generator.

    Nothing has a default: what new domains begin with is in the settings, and what a release meant that was made before
    one of these settings is in `generator.releases`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["hybrid", "dense", "lexical"]
    passages: int = Field(ge=1, le=50)
    candidates: int = Field(ge=1, le=1000)
    fusion: Literal["convex", "ranks"]
    dense_weight: float = Field(ge=0, le=1)
    spread_gain: float = Field(ge=0)
    rank_constant: int = Field(ge=1)
    rerank: int = Field(ge=0, le=200)


@dataclass(frozen=True)
class SearchPlan:
    """How a release wants its domain searched: the space and the passage set, the settings, and the reranker if any."""

    space_id: str
    passage_set: str
    reranker: str | None
    retrieval: RetrievalPart
