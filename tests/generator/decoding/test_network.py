"""Steps of a model for many sequences: each gets what PEFT and transformers write for it alone."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest
import torch
from adapter_files import spoil_weights
from peft import PeftModel
from tiny import build_family

from generator.causal import CausalModel, load_causal
from generator.decoding.adapters import Adapters
from generator.decoding.network import NO_ADAPTER, Continuation, Network
from store.errors import DamagedError

KINDS = ("one", "two", "dora", "scaled", "prefix", "prompt", "ptuning", None)
PROMPTS = ([5, 9, 33, 44, 21, 7, 8, 100], [12, 13, 14, 15], [7, 8, 9] * 9)
TOKENS = 10


def _alone(model: CausalModel, prompt: list[int]) -> list[int]:
    """What transformers writes for one prompt, greedily."""
    rows = torch.tensor([prompt])
    options = {"max_new_tokens": TOKENS, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    output = model.generate(input_ids=rows, attention_mask=torch.ones_like(rows), **options)  # type: ignore[attr-defined]
    return [int(token) for token in output[0, -TOKENS:]]


@pytest.fixture(scope="module")
def alone(tiny_model: Path, every_kind: Path) -> dict[tuple[str | None, int], list[int]]:
    """What PEFT writes with each adapter, for each prompt."""
    found = {}
    for kind in KINDS:
        _, model = load_causal(tiny_model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft calls what is deprecated, and counts positions
            if kind is not None:
                model = PeftModel.from_pretrained(model, str(every_kind / kind)).eval()
            for number, prompt in enumerate(PROMPTS):
                found[kind, number] = _alone(model, prompt)
    return found


def _together(network: Network, adapters: Adapters, cut: int) -> dict[tuple[str | None, int], list[int]]:
    """What the network writes for all prompts under all adapters at once, its prompts in pieces of `cut` tokens."""
    rows = {}
    for number, prompt in enumerate(PROMPTS):
        for kind in KINDS:
            adapter = NO_ADAPTER if kind is None else adapters.get(kind)
            rows[kind, number] = (network.begin(adapter, len(prompt) + TOKENS), [*prompt])
    written: dict[tuple[str | None, int], list[int]] = {key: [] for key in rows}
    while open_rows := [key for key in rows if len(written[key]) < TOKENS]:
        work = [(key, rows[key][1][:cut]) for key in open_rows]
        step = network.step([Continuation(rows[key][0], tokens) for key, tokens in work])
        for (key, tokens), token in zip(work, step, strict=True):
            del rows[key][1][: len(tokens)]
            if not rows[key][1]:
                assert token is not None
                written[key].append(token)
                rows[key][1].append(token)
    return written


@pytest.mark.parametrize("packed", [True, False])
def test_all_kinds_of_adapters_together_write_what_each_writes_alone(
    tiny_model: Path, every_kind: Path, alone: dict[tuple[str | None, int], list[int]], packed: bool
) -> None:
    _, model = load_causal(tiny_model)
    network = Network(model, "cpu")
    assert network.packed
    if not packed:
        network.packed = False
        model.set_attn_implementation("sdpa")
    adapters = Adapters(model, network.layers, lambda name: every_kind / name, len(KINDS))

    written = _together(network, adapters, cut=5)

    assert written == alone
    assert len({str(tokens) for tokens in alone.values()}) == len(alone)  # no two are alike


@pytest.mark.parametrize("family", ["gemma2", "gemma3", "qwen2", "gpt2", "mistral", "bloom", "longrope"])
def test_models_of_many_families_write_what_transformers_writes(tmp_path: Path, family: str) -> None:
    folder = build_family(tmp_path / family, family)
    _, model = load_causal(folder)
    wanted = [_alone(model, prompt) for prompt in PROMPTS]

    network = Network(model, "cpu")
    adapters = Adapters(model, network.layers, Path, 1)

    assert network.packed is (family not in {"bloom", "longrope"})
    written = {number: tokens for (kind, number), tokens in _rows_of_base(network, adapters).items()}
    assert [written[number] for number in range(len(PROMPTS))] == wanted


def _rows_of_base(network: Network, adapters: Adapters) -> dict[tuple[str | None, int], list[int]]:
    rows = [network.begin(NO_ADAPTER, len(prompt) + TOKENS) for prompt in PROMPTS]
    tokens = [[*prompt] for prompt in PROMPTS]
    written: dict[tuple[str | None, int], list[int]] = {(None, number): [] for number in range(len(rows))}
    for _ in range(TOKENS):
        step = network.step([Continuation(row, each) for row, each in zip(rows, tokens, strict=True)])
        for number, token in enumerate(step):
            assert token is not None
            written[None, number].append(token)
            tokens[number] = [token]
    return written


def test_numbers_that_are_not_finite_are_told_for_their_own_row_only(tiny_model: Path, every_kind: Path) -> None:
    _, model = load_causal(tiny_model)
    network = Network(model, "cpu")
    broken = Adapters(model, network.layers, lambda name: every_kind / name, 1).get("one")
    next(iter(broken.layers.values())).up.fill_(float("inf"))

    rows = [network.begin(adapter, 9) for adapter in (broken, NO_ADAPTER)]
    first, second = network.step([Continuation(row, PROMPTS[1]) for row in rows])

    assert first is None
    assert second is not None


@pytest.mark.parametrize("kind", ["prefix", "prompt", "dora"])
def test_an_adapter_of_another_model_is_refused_by_what_does_not_fit(
    tiny_model: Path, every_kind: Path, tmp_path: Path, kind: str
) -> None:
    folder = Path(shutil.copytree(every_kind / kind, tmp_path / kind))
    spoil_weights(folder, lambda weights: weights[:, :-1])
    _, model = load_causal(tiny_model)
    network = Network(model, "cpu")

    with pytest.raises(DamagedError, match="does not fit the base model"):
        Adapters(model, network.layers, lambda _: folder, 1).get(kind)
