"""A look at a folder finds what is no model and what is half of one, and says which file it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.models.model_folder import check_model_folder
from store.errors import DamagedError, InvalidInputError, TandemError


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A whole model that a test may harm."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def _shorten(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def _forget_shard(folder: Path) -> None:
    shards = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


def _classify(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertForSequenceClassification"]}))


def _pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _interrupt(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.safetensors.incomplete")


def _bring_gguf(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "tiny.gguf").write_bytes(b"GGUF")


HARMS: dict[str, tuple[Callable[[Path], object], type[TandemError], str]] = {
    "no config": (lambda f: (f / "config.json").unlink(), InvalidInputError, "no folder of a causal model.*config"),
    "only a GGUF file": (_bring_gguf, InvalidInputError, r"Name its file: .*tiny\.gguf"),
    "a classifier": (_classify, InvalidInputError, "BertForSequenceClassification, which writes no text"),
    "pickles": (_pickle, InvalidInputError, "can run code"),
    "half a download": (_interrupt, DamagedError, r"Get it anew|half of a download"),
    "half a file": (_shorten, DamagedError, r"its head says \d+: half of a download"),
    "no weights": (lambda f: (f / "model.safetensors").write_bytes(b"no weights"), DamagedError, "no safetensors"),
    "a shard less": (_forget_shard, DamagedError, r"lacks model-2\.safetensors"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), DamagedError, "has no tokenizer"),
    "a config that is no JSON": (lambda f: (f / "config.json").write_text("{"), DamagedError, r"config\.json cannot"),
}


def test_a_whole_model_passes(folder: Path) -> None:
    check_model_folder(folder)


@pytest.mark.parametrize(("harm", "kind", "reason"), HARMS.values(), ids=HARMS)
def test_what_is_wrong_with_a_folder_is_named(
    folder: Path, harm: Callable[[Path], object], kind: type[TandemError], reason: str
) -> None:
    harm(folder)

    with pytest.raises(kind, match=reason):
        check_model_folder(folder)
