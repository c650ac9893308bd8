"""Models that come in Python packages: only their files are read, each pinned by its checksum, and made a folder once.

Nothing is downloaded while serving: that is what `retriever.models.fetching` does when it is asked to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from retriever.models.made_folders import is_whole, make_folder
from store.errors import DamagedError, InvalidInputError
from store.folder import file_sha256
from store.json_values import Json


@dataclass(frozen=True)
class Part:
    """A file of a package: `package` as registries name it, `module` the folder that it installs, `file` inside it."""

    package: str
    version: str
    module: str
    file: str
    sha256: str

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.package}=={self.version}"

    def installed(self) -> Path | None:
        """Return the file where its package is installed, else None. Raises `DamagedError` if it is another one."""
        found = find_spec(self.module)  # which does not run the package
        for place in (found.submodule_search_locations or ()) if found else ():
            if (path := Path(place) / self.file).is_file():
                self.check(path)
                return path
        return None

    def check(self, path: Path) -> None:
        """Raise `DamagedError` unless the file is the pinned one."""
        found = file_sha256(path)
        if found != self.sha256:
            pinned = f"that of {self.requirement} is {self.sha256}"
            raise DamagedError(f"{path} has SHA-256 {found}; {pinned}. It is not used: get the package anew.")


@dataclass(frozen=True)
class Licence:
    """The licence of a model: its name, where it stands, and whether a user must accept it first.

    `notice` says what it asks of users, in a sentence.
    """

    name: str
    url: str
    notice: str = ""
    must_be_accepted: bool = False


@dataclass(frozen=True, kw_only=True)
class PackagedModel(ABC):
    """A model that has a name. `sha256` is that of its file, which `parts` make one after the other.

    `made` is the version of what `write` makes of it: another one is another folder. `memory_mb` is what serving takes.
    """

    name: str
    parts: tuple[Part, ...]
    sha256: str
    made: int
    licence: Licence
    languages: str
    about: str
    download_mb: int
    disk_mb: int
    memory_mb: int

    kind = "model"
    setting = ""

    @abstractmethod
    def write(self, source: Path, folder: Path) -> None:
        """Write the folder of the model, from its file."""

    def target(self, cache: Path) -> Path:
        """Where in the cache its folder is, or would be."""
        return cache / f"{self.name}-{self.sha256[:12]}-{self.made}"

    def is_made(self, cache: Path) -> bool:
        """Return whether its folder is whole in the cache."""
        return is_whole(self.target(cache))

    def folder(self, cache: Path) -> Path:
        """Return the folder of the model, made from an installed package if this was never done.

        Raises `InvalidInputError` if it is neither in the cache nor installed, or if its licence must be accepted;
        `DamagedError` if the file of the package is another one.
        """
        if self.is_made(cache):
            return self.target(cache)
        source = self.parts[0].installed() if len(self.parts) == 1 else None
        if source is None or self.licence.must_be_accepted:
            where = self.target(cache)
            half = f" {where} is there, but not whole." if where.exists() else ""
            message = f"The {self.kind} {self.name} is not on this machine: {self.how_to_get}.{half}"
            raise InvalidInputError(message, code="model_not_fetched", param=self.setting)
        return self.make(source, cache, accepted=None)

    def make(self, source: Path, cache: Path, accepted: str | None) -> Path:
        """Return the folder of the model, made from its file; `accepted` says when its licence was."""
        about: dict[str, Json] = {
            "model": self.name,
            "sha256": self.sha256,
            "made": self.made,
            "licence": self.licence.name,
            "licence_url": self.licence.url,
            "licence_accepted": accepted,
            "packages": [part.requirement for part in self.parts],
        }

        def fill(staging: Path) -> None:
            self.write(source, staging)
            licence = self.licence
            text = f"{self.name}: {licence.name}, {licence.url}\n{licence.notice}\n"
            (staging / "LICENCE.txt").write_text(text, encoding="utf-8")

        return make_folder(self.target(cache), fill, about)

    @property
    def how_to_get(self) -> str:
        """The command that fetches it, in a sentence."""
        accept = " --accept-licence" if self.licence.must_be_accepted else ""
        return f"`tandem model fetch {self.name}{accept}` gets it ({self.download_mb} MB, {self.licence.name})"
