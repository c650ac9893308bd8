"""Where a setting finds a language model: by a name of the table, in a folder, in a GGUF file, or in the hub's cache.

Nothing is downloaded here: what is not on this machine is an error that names the command which fetches it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.models.conversion import check_gguf, convert
from generator.models.hub import hub_folder, is_hub_id
from generator.models.known import KNOWN_GENERATORS
from generator.models.model_folder import check_model_folder
from generator.seed import SEED, base_model_folder
from retriever.models.made_folders import is_whole, make_folder, require_room
from store.errors import InvalidInputError

_MADE = 1  # of what is made of a GGUF file; another one is another folder
_GGUF = ".gguf"
_GROWTH = 4  # how much larger than a file of 4 bits its weights are in bfloat16


def model_folder_of(configured: Path, cache: Path, hash_of: Callable[[Path], str]) -> Path:
    """Return the folder of the language model that `generator.base_model` names, whole as far as a look can tell.

    A GGUF file is converted into the cache once; `hash_of` returns the SHA-256 of a file. Raises `InvalidInputError`,
    `DamagedError` or `StorageFullError` that say what is wrong and what to do.
    """
    name = str(configured)
    if configured == SEED:
        return base_model_folder(configured).resolve()
    if name in KNOWN_GENERATORS:
        folder = KNOWN_GENERATORS[name].folder(cache)
    elif configured.suffix == _GGUF:
        folder = _converted(configured, cache, hash_of)
    elif configured.is_dir():
        folder = configured.resolve()
    elif is_hub_id(name):
        folder = hub_folder(name)
    else:
        raise _nothing(configured)
    check_model_folder(folder)
    return folder


def _converted(file: Path, cache: Path, hash_of: Callable[[Path], str]) -> Path:
    if not file.is_file():
        raise InvalidInputError(f"There is no file {file}.", code="model_not_found", param="generator.base_model")
    check_gguf(file)
    digest = hash_of(file)
    target = cache / f"gguf-{digest[:20]}-{_MADE}"
    if not is_whole(target):
        require_room(cache, _GROWTH * file.stat().st_size)
        make_folder(
            target, lambda staging: convert(file, staging), {"file": str(file), "sha256": digest, "made": _MADE}
        )
    return target


def _nothing(configured: Path) -> InvalidInputError:
    names = ", ".join((str(SEED), *KNOWN_GENERATORS))
    message = f"generator.base_model is {configured}: there is no such folder, and no model of that name ({names})."
    kinds = "It takes a folder, a GGUF file, such a name, or the id of a model that the hub's cache holds (owner/name)."
    return InvalidInputError(f"{message} {kinds}", code="model_not_found", param="generator.base_model")
