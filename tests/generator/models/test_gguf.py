"""GGUF files become folders that compute and cut words as the models they were made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from families import FAMILIES, TEXTS, build_family
from gguf_files import write_gguf

from generator.causal import load_causal
from generator.models.conversion import convert
from generator.models.gguf import write_folder
from store.errors import DamagedError, InvalidInputError

Family = Callable[[str], Path]
HARD = ("  two  spaces\n\n\tand a tab", "in 1999, 12345 of 7.5", "年假 20 天。emoji 😀", "it's WE'LL\r\n", "")


def _converted(name: str, family: Family, place: Path) -> Path:
    folder = place / "converted"
    folder.mkdir()
    write_folder(write_gguf(name, family(name), place / f"{name}.gguf"), folder)
    return folder


@pytest.mark.parametrize("name", FAMILIES)
def test_a_converted_file_is_the_model_that_it_was_made_of(name: str, family: Family, tmp_path: Path) -> None:
    import torch

    folder = _converted(name, family, tmp_path)

    (theirs, original), (ours, model) = load_causal(family(name)), load_causal(folder)
    for text in (*TEXTS, *HARD):
        ids = theirs(text, add_special_tokens=False)["input_ids"]
        assert ours(text, add_special_tokens=False)["input_ids"] == ids, text
        if ids:
            rows = torch.tensor([ids])
            with torch.inference_mode():
                assert torch.allclose(original(rows).logits, model(rows).logits, atol=1e-3)  # type: ignore[operator]
    assert ours.chat_template == theirs.chat_template
    assert {token.content for token in ours.added_tokens_decoder.values() if token.special} >= set(
        FAMILIES[name].controls
    )


def test_nothing_of_the_file_or_of_the_library_is_in_what_decides_the_model(family: Family, tmp_path: Path) -> None:
    folder = _converted("llama", family, tmp_path)

    for path in folder.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert "transformers_version" not in text
        assert "gguf" not in text
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "bfloat16"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"without": "blk.1.ffn_up.weight"}, "lacks 1 tensors"),
        ({"cut": "nobody-knows"}, "cuts words in a way that is not known here, 'nobody-knows'"),
        ({"cut": ""}, "cuts words in a way that is not known"),
    ],
)
def test_what_would_go_wrong_silently_is_refused(
    change: dict[str, str], reason: str, family: Family, tmp_path: Path
) -> None:
    path = write_gguf("llama", family("llama"), tmp_path / "bad.gguf", **change)  # type: ignore[arg-type]

    with pytest.raises(InvalidInputError, match=reason):
        write_folder(path, tmp_path)


def test_an_attention_that_the_file_does_not_describe_is_refused(family: Family, tmp_path: Path) -> None:
    folder = build_family("gemma3", tmp_path / "large", head_dim=128)
    path = write_gguf("gemma3", folder, tmp_path / "large.gguf")

    with pytest.raises(InvalidInputError, match="by what its attention is scaled"):
        write_folder(path, tmp_path)


def test_a_file_that_breaks_the_reader_is_an_error_of_one_sentence(family: Family, tmp_path: Path) -> None:
    path = write_gguf("llama", family("llama"), tmp_path / "half.gguf")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / "folder").mkdir()

    with pytest.raises(InvalidInputError, match=r"half\.gguf cannot be converted: \w") as caught:
        convert(path, tmp_path / "folder")

    assert caught.value.code == "unusable_gguf"
    assert "\n" not in caught.value.message


def test_a_file_of_another_kind_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<!doctype html>")

    with pytest.raises(DamagedError, match="not with GGUF"):
        convert(tmp_path / "page.gguf", tmp_path)
