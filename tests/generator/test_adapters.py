"""The files of an adapter: what is never loaded."""

from __future__ import annotations

import shutil
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_files import edit, rewrite_header, spoil_weights
from safetensors.torch import load_file

from generator.adapters import check_adapter
from store.errors import DamagedError


def test_an_adapter_of_two_files_is_accepted_with_or_without_its_manifest(damaged: Path) -> None:
    check_adapter(damaged)  # raises if it refuses
    (damaged / "MANIFEST.json").write_text("{}", encoding="utf-8")
    check_adapter(damaged)
    (damaged / "adapter_config.json").unlink()

    with pytest.raises(DamagedError, match="must hold"):
        check_adapter(damaged)


@pytest.mark.parametrize("name", ["README.md", "adapter_model.bin", "modeling.py", "tokenizer.json"])
def test_an_adapter_with_another_file_is_refused(damaged: Path, name: str) -> None:
    (damaged / name).write_bytes(b"")

    with pytest.raises(DamagedError, match=name):
        check_adapter(damaged)


def test_an_adapter_whose_weights_are_a_pickle_is_refused(damaged: Path) -> None:
    torch.save(load_file(damaged / "adapter_model.safetensors"), damaged / "adapter_model.bin")
    (damaged / "adapter_model.safetensors").unlink()

    with pytest.raises(DamagedError, match=r"adapter_model\.bin"):
        check_adapter(damaged)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_adapter_whose_weights_are_not_finite_is_refused(damaged: Path, value: float) -> None:
    spoil_weights(damaged, lambda weights: torch.where(weights == weights.max(), value, weights))

    with pytest.raises(DamagedError, match="not finite"):
        check_adapter(damaged)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target_modules": ".*_proj"}, "does not list its target modules"),
        ({"target_modules": None}, "does not list its target modules"),
        ({"r": 100_000}, "r 100000; it can be 1 to 256"),
        ({"r": 0}, "r 0; it can be"),
        ({"r": "8"}, "r 8; it can be"),
        ({"r": True}, "r True; it can be"),
        ({"r": 5}, "no whole matrices of rank 5"),
        ({"lora_alpha": 1e9}, "lora_alpha 1000000000.0; it can be 1 to 4096"),
        ({"lora_alpha": float("nan")}, "lora_alpha nan"),
        ({"rank_pattern": {"q_proj": 100_000}}, "r 100000"),
        ({"rank_pattern": {"(a+)+b": 4}}, "names in rank_pattern that are no names"),
        ({"peft_type": "PROMPT_TUNING"}, "must hold prompt_embeddings"),
        ({"peft_type": "IA3"}, "kind 'IA3'; served are LORA"),
        ({"peft_type": ["LORA"]}, "served are LORA"),
        ({"use_dora": True}, "no whole matrices"),
        ({"bias": "all"}, "trains biases"),
        ({"modules_to_save": ["lm_head"]}, "uses 'modules_to_save', which serving does not know"),
        ({"an_option_of_tomorrow": {"on": [True]}}, "uses 'an_option_of_tomorrow'"),
        ({"auto_mapping": {"parent_library": "evil"}}, "uses 'auto_mapping'"),
        ({"init_lora_weights": "pissa"}, "changes its base model"),
    ],
)
def test_an_adapter_with_another_configuration_is_refused(
    damaged: Path, changes: dict[str, object], message: str
) -> None:
    edit(damaged, **changes)

    with pytest.raises(DamagedError, match=message):
        check_adapter(damaged)


Header = dict[str, Any]


def _overlap(header: Header) -> None:
    first, second = (name for name in sorted(header) if name.endswith("down_proj.lora_A.weight"))
    header[second]["data_offsets"] = header[first]["data_offsets"]


def _gap(header: Header) -> None:
    for about in header.values():
        about["data_offsets"] = [offset + 16 for offset in about["data_offsets"]]


def _rename(header: Header) -> None:
    header["lm_head.weight"] = header.pop(min(header))


def _retype(header: Header) -> None:
    header[min(header)]["dtype"] = "I64"


def _reshape(header: Header) -> None:
    header[min(header)]["shape"] = [1 << 40, 1 << 40]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_overlap, "gaps or overlaps"),
        (_gap, "gaps or overlaps"),
        (_rename, "'lm_head.weight', which is none of LoRA"),
        (_retype, "F32, F16, BF16 .* can be read"),
        (_reshape, "does not have"),
        (lambda header: header.popitem(), "gaps or overlaps|should hold|no whole matrices"),
        (lambda header: header.update({min(header): "text"}), "can be read"),
    ],
)
def test_weights_whose_header_lies_are_refused(damaged: Path, change: Callable[[Header], object], message: str) -> None:
    rewrite_header(damaged, change)

    with pytest.raises(DamagedError, match=message):
        check_adapter(damaged)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95 a pickle",
        struct.pack("<Q", 100 << 20) + b"{" * 1000,
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 1000) + b"[" * 1000,
    ],
)
def test_a_file_that_is_no_file_of_weights_is_refused_without_being_read_whole(damaged: Path, content: bytes) -> None:
    (damaged / "adapter_model.safetensors").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedError):
            check_adapter(damaged)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", ["", "[]", "nothing", "[" * 100_000, '"' + "x" * (1 << 20) + '"'])
def test_an_adapter_without_a_configuration_is_refused(damaged: Path, content: str) -> None:
    (damaged / "adapter_config.json").write_text(content, encoding="utf-8")

    with pytest.raises(DamagedError, match="The configuration of the adapter"):
        check_adapter(damaged)


@pytest.mark.parametrize("kind", ["dora", "prefix", "prompt", "ptuning"])
def test_every_kind_that_peft_writes_is_accepted(every_kind: Path, kind: str) -> None:
    check_adapter(every_kind / kind)  # raises if it refuses


@pytest.mark.parametrize("count", [0, 4, 1_000_000, "5", None])
def test_virtual_tokens_are_as_many_as_the_configuration_says(every_kind: Path, tmp_path: Path, count: object) -> None:
    folder = Path(shutil.copytree(every_kind / "prompt", tmp_path / "prompt"))
    edit(folder, num_virtual_tokens=count)

    with pytest.raises(DamagedError, match="num_virtual_tokens rows"):
        check_adapter(folder)
