"""The files of an adapter: what is never loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from adapter_files import edit, spoil_weights
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
        ({"r": 100_000}, "no LoRA of rank"),
        ({"r": 0}, "no LoRA of rank"),
        ({"r": "8"}, "no LoRA of rank"),
        ({"rank_pattern": {"q_proj": 100_000}}, "no LoRA of rank"),
        ({"peft_type": "PROMPT_TUNING"}, "no LoRA of rank"),
    ],
)
def test_an_adapter_with_another_configuration_is_refused(
    damaged: Path, changes: dict[str, object], message: str
) -> None:
    edit(damaged, **changes)

    with pytest.raises(DamagedError, match=message):
        check_adapter(damaged)
