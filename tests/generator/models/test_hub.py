"""Downloads from the hub: only when asked for, and failures in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.models.hub import fetch_from_hub, is_hub_id
from retriever.models.fetching import FetchError


def test_an_id_has_an_owner_and_a_name() -> None:
    assert is_hub_id("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert not any(map(is_hub_id, ("smollm2", "/models/x", "a/b/c", "../x", "a/", "models/../x", "")))


def test_a_hub_that_cannot_be_reached_is_an_error_of_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(FetchError, match="owner/name could not be downloaded") as caught:
        fetch_from_hub("owner/name", lambda _: None)

    assert "\n" not in caught.value.message


def test_who_forbade_the_network_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(FetchError, match="HF_HUB_OFFLINE is set"):
        fetch_from_hub("owner/name", lambda _: None)
