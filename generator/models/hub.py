"""Models of the Hugging Face hub: found in its local cache when serving, downloaded only when that is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from generator.models.model_folder import check_model_folder
from retriever.models.fetching import FetchError
from retriever.models.made_folders import full_disk
from store.errors import InvalidInputError

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.tiktoken", "merges.txt", "vocab.txt", "LICENSE*"]


def is_hub_id(name: str) -> bool:
    """Return whether a name looks like `owner/name`."""
    return bool(_ID.fullmatch(name))


def hub_folder(name: str) -> Path:
    """Return the folder of a model in the hub's local cache; `InvalidInputError` says how it gets there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise InvalidInputError(
            f"{name} is no folder, and the hub's cache does not hold it: `tandem model fetch {name}` downloads it.",
            code="model_not_fetched",
            param="generator.base_model",
        ) from error


def fetch_from_hub(name: str, tell: Callable[[str], None]) -> Path:
    """Download what a model needs to serve into the hub's cache and return its folder.

    An interrupted download goes on where it ended. Raises `FetchError` if the hub cannot be reached or has no such
    model, and what `check_model_folder` raises if it is no causal model.
    """
    from httpx2 import HTTPError
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if constants.HF_HUB_OFFLINE:
        raise FetchError(f"HF_HUB_OFFLINE is set, so {name} is not downloaded: unset it for this command.")
    tell(f"{name}: downloading from {constants.ENDPOINT}; its licence is on {constants.ENDPOINT}/{name}")
    try:
        folder = Path(snapshot_download(name, allow_patterns=_WANTED))
    except (HfHubHTTPError, OfflineModeIsEnabled, HTTPError) as error:
        raise FetchError(f"{name} could not be downloaded: {' '.join(str(error).split())[:300]}") from error
    except OSError as error:
        raise full_disk(error, Path(constants.HF_HUB_CACHE)) or FetchError(
            f"{name} could not be downloaded: {' '.join(str(error).split())[:300]}"
        ) from error
    check_model_folder(folder)
    return folder
