"""The settings of retrieval."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from store.ids import hashed_id


class ChunkerSettings(BaseModel):
    """Sizes of passages in characters; the hash of this is the id of a passage set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    latin: tuple[int, int] = (500, 900)
    cjk: tuple[int, int] = (160, 240)

    @property
    def passage_set(self) -> str:
        """The id of the set of passages that these settings make."""
        return hashed_id("set", self.model_dump(mode="json"))


class RetrieverSettings(BaseModel):
    """The section `[retriever]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: Path | None = Field(None, description="folder of a sentence-transformers model; default: MiniLM L6 v2")
    cache: Path | None = Field(None, description="folder for converted encoders; default: the user's cache folder")
    threads: int = Field(0, ge=0, description="threads of the encoder; 0: as many as there are cores")
    batch: int = Field(32, ge=1, description="passages per call of the encoder")
    chunker: ChunkerSettings = ChunkerSettings()
    candidates: int = Field(50, ge=1, le=1000, description="hits taken from each index before fusion")
    rank_constant: int = Field(60, ge=1, description="k of reciprocal rank fusion")
    checkpoint_every: int = Field(1000, ge=1, description="changes after which an index is written to disk")
    max_document_bytes: int = Field(50_000_000, ge=1)
