"""Where models come from: what is kept of a training, or of a configured folder, beside the model."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from store.json_values import Json


class _Part(BaseModel):
    # Whatever another version of Tandem noted besides is kept and shown.
    model_config = ConfigDict(frozen=True, extra="allow")


class PromptReference(BaseModel):
    """How releases and adapters name a prompt version: by name and by the hash of its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str


class DatasetReference(_Part):
    """The split of a data set that was learned from, with the hash and the number of its examples."""

    id: str
    split: str = "train"
    sha256: str | None = None
    examples: int | None = None


class Lineage(_Part):
    """What a model was made from. A tuned one has method, data set and settings; a configured base has its files.

    `trained` says with what an adapter is to be asked, and `prompt` how; without one it goes with any. `versions` are
    those of the libraries, `files` the SHA-256 of each file that decides what a base model writes, `source` what the
    setting named it by.
    """

    method: str | None = None
    trained: str | None = None
    without_gold: str | None = None
    dataset: DatasetReference | None = None
    settings: Mapping[str, Json] = Field(default_factory=dict)
    prompt: PromptReference | None = None
    versions: Mapping[str, str] = Field(default_factory=dict)
    name: str | None = None
    source: str | None = None
    files: Mapping[str, str] = Field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        """Return the lineage as it is stored and shown: what is known, and nothing else."""
        return self.model_dump(mode="json", exclude_unset=True)
