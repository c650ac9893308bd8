"""The settings of retrieval."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from store.ids import hashed_id

_FIRST_REPLACED = 2  # version of the rules whose passages are cut anew


class ChunkerSettings(BaseModel):
    """Sizes of passages in characters; the hash of this is the id of a passage set."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: int = Field(3, description="of the rules of cutting that are no settings; another one is another set")
    latin: tuple[int, int] = Field((500, 900), description="characters of a passage to aim at, and at most")
    cjk: tuple[int, int] = Field((160, 240), description="the same of Chinese, Japanese and Korean text")

    @property
    def passage_set(self) -> str:
        """The id of the set of passages that these settings make."""
        return hashed_id("set", self.model_dump(mode="json"))

    @property
    def earlier_sets(self) -> tuple[str, ...]:
        """The sets that earlier rules made with these sizes; this one takes their place, also for their releases."""
        versions = range(_FIRST_REPLACED, self.version)
        return tuple(self.model_copy(update={"version": version}).passage_set for version in versions)


class RetrieverSettings(BaseModel):
    """The section `[retriever]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    encoder: Path | None = Field(
        None,
        description="`e5-small` (a hundred languages, and across them; MIT; `tandem model fetch e5-small` gets it), "
        "or the folder of a sentence-transformers model; default: MiniLM L6 v2 for English with a table for Chinese",
    )
    cache: Path | None = Field(None, description="folder for converted models; default: the user's cache folder")
    threads: int = Field(0, ge=0, description="threads of the encoder; 0: as many as there are cores")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where the encoder runs; on a CPU by OpenVINO")
    precision: Literal["auto", "f32", "bf16", "int8"] = Field(
        "auto",
        description="on a CPU; auto: bf16 if the CPU has it, int8 for short questions; all in int8 is another space",
    )
    batch_tokens: int = Field(1024, ge=1, description="tokens per call of the encoder, padding counted")
    reranker: Path | None = Field(None, description="`reader`, or the folder of a cross-encoder; default: none")
    chunker: ChunkerSettings = ChunkerSettings()
    candidates: int = Field(50, ge=1, le=1000, description="hits taken from each index before fusion")
    dense_weight: float = Field(0.4, ge=0, le=1, description="weight of the cosine in the fused score, beside BM25")
    spread_gain: float | None = Field(
        None,
        ge=0,
        description="how much that weight grows with the spread of the cosines; default: 3 for MiniLM",
    )
    rank_constant: int = Field(60, ge=1, description="k of reciprocal rank fusion")
    rerank: int = Field(20, ge=0, le=200, description="hits that the reranker sees, if there is one; 0: none")
    checkpoint_every: int = Field(1000, ge=1, description="changes after which an index is written to disk")
    max_document_bytes: int = Field(50_000_000, ge=1, description="the largest document that is taken")

    @property
    def gain(self) -> float:
        """The gain in effect; what spread is usual is known of the default encoder alone."""
        if self.spread_gain is not None:
            return self.spread_gain
        return 3.0 if self.encoder is None else 0.0
