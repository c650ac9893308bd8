"""What `generator.base_model` may be, and what is said where it leads nowhere; no network is ever asked."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from gguf_files import write_gguf

from generator.models.known import KNOWN_GENERATORS
from generator.models.resolving import model_folder_of
from generator.seed import SEED
from retriever.models.made_folders import is_whole
from store.errors import DamagedError, InvalidInputError
from store.folder import file_sha256


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _found(configured: Path | str, cache: Path) -> Path:
    return model_folder_of(Path(configured), cache, file_sha256)


def test_a_folder_and_the_seed_are_taken_as_they_are(tiny_model: Path, tmp_path: Path) -> None:
    assert _found(tiny_model, tmp_path) == tiny_model.resolve()
    assert (_found(SEED, tmp_path) / "config.json").is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_gguf_file_is_converted_once_into_the_cache(
    family: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_gguf("llama", family("llama"), tmp_path / "tiny.gguf")
    folder = _found(file, tmp_path / "cache")
    assert is_whole(folder)
    monkeypatch.setattr("generator.models.resolving.convert", None)  # would fail if it were called again

    assert _found(file.rename(tmp_path / "renamed.gguf"), tmp_path / "cache") == folder


def test_an_id_is_found_in_the_local_cache_of_the_hub(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    commit = "0123456789abcdef0123456789abcdef01234567"
    place = tmp_path / "hub" / "models--owner--tiny"
    shutil.copytree(tiny_model, place / "snapshots" / commit)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit)

    assert _found("owner/tiny", tmp_path) == place / "snapshots" / commit
    (place / "snapshots" / commit / "model.safetensors").unlink()
    with pytest.raises(DamagedError, match=r"lacks model\.safetensors"):
        _found("owner/tiny", tmp_path)


@pytest.mark.parametrize(
    ("configured", "code", "said"),
    [
        ("smollm2", "model_not_fetched", "`tandem model fetch smollm2` gets it"),
        ("gemma3-270m", "model_not_fetched", "--accept-licence"),
        ("owner/nothing", "model_not_fetched", "`tandem model fetch owner/nothing` downloads it"),
        ("/no/such/folder", "model_not_found", "no such folder.*seed, smollm2, gemma3-270m"),
        ("no-such-name", "model_not_found", "no model of that name"),
        ("/no/such/file.gguf", "model_not_found", "There is no file"),
    ],
)
def test_what_leads_nowhere_is_named_with_the_way_out(
    configured: str, code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.models.packaged.find_spec", lambda _: None)  # whatever is installed here

    with pytest.raises(InvalidInputError, match=said) as caught:
        _found(configured, tmp_path)

    assert (caught.value.code, caught.value.param) == (code, "generator.base_model")


def test_a_page_that_was_saved_as_a_model_is_no_gguf_file(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")

    with pytest.raises(DamagedError, match="no GGUF file"):
        _found(tmp_path / "page.gguf", tmp_path)


def test_each_model_of_the_table_is_pinned_and_small_models_stay_small() -> None:
    for model in KNOWN_GENERATORS.values():
        assert all(len(part.sha256) == 64 and part.version for part in model.parts)
        assert len(model.sha256) == 64
        assert model.download_mb < model.disk_mb < model.memory_mb
        assert model.licence.must_be_accepted == (model.licence.name not in {"Apache-2.0", "MIT"})
