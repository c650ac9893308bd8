"""What the tests of answering share: hits without a store, an engine, and a tiny random model with two adapters."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader
from handbook import BY_WORDS, LEAVE, pin
from tiny import build_tiny_model

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.search.search import Hit
from retriever.settings import RetrieverSettings
from store.passages import Passage
from store.store import Store

TEXTS = (
    "The office opens at nine and closes at five. Employees have twenty-five days of paid leave every year.",
    "员工每年享有十五天带薪年假，工作满十年后增加到二十天。办公室在每个工作日早上九点开门。",
)


@pytest.fixture
def hit() -> Callable[..., Hit]:
    """Make a hit of a text, `start` characters into its document."""

    def make(text: str, start: int = 0, cosine: float | None = None) -> Hit:
        passage = Passage("psg_1", "doc_1", "a.txt", "A", 1, start, start + len(text), None, "", text, 1, text)
        return Hit(passage, 1.0, {"dense": None, "lexical": 1, "rerank": None}, cosine, [])

    return make


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    """An engine that quotes, with an encoder that needs no model and the domain `handbook`."""
    opened = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    opened.create_domain("handbook")
    yield opened
    opened.close()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The engine with two documents."""
    engine.add("handbook", "leave.txt", LEAVE)
    engine.add("handbook", "office.md", "# Office\n\n办公室早上九点开门。\n")
    pin(engine, thresholds=BY_WORDS)
    return engine


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Llama with random weights, so large that its outputs differ with every input."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return build_tiny_model(folder, TEXTS, vocabulary=600, hidden=64, context=512, spread=0.3, tied=False)


@pytest.fixture(scope="session")
def adapters(tiny_model: Path) -> Path:
    """A folder with the random LoRA adapters `one` and `two` of `tiny_model`."""
    import torch
    from peft import LoraConfig, get_peft_model

    from generator.causal import load_causal

    for seed, name in enumerate(("one", "two"), start=1):
        torch.manual_seed(seed)
        config = LoraConfig(
            r=4,
            lora_alpha=16,
            target_modules=["q_proj", "v_proj", "o_proj", "down_proj"],
            init_lora_weights=False,
            task_type="CAUSAL_LM",
        )
        folder = tiny_model.parent / "adapters" / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers deprecates
            get_peft_model(load_causal(tiny_model)[1], config).save_pretrained(folder)
        (folder / "README.md").unlink()
    return tiny_model.parent / "adapters"


@pytest.fixture(scope="session")
def every_kind(tiny_model: Path, adapters: Path) -> Path:
    """A folder with an adapter of `tiny_model` of every kind that is served, two of LoRA."""
    import torch
    from peft import LoraConfig, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, get_peft_model

    from generator.causal import load_causal

    folder = Path(shutil.copytree(adapters, tiny_model.parent / "every_kind"))
    kinds = {
        "dora": LoraConfig(
            r=4, use_dora=True, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM"
        ),
        "scaled": LoraConfig(
            r=4,
            rank_pattern={"q_proj": 2},
            alpha_pattern={"v_proj": 3},
            use_rslora=True,
            target_modules=["q_proj", "v_proj"],
            init_lora_weights=False,
            task_type="CAUSAL_LM",
        ),
        "prefix": PrefixTuningConfig(
            num_virtual_tokens=5, prefix_projection=True, encoder_hidden_size=64, task_type="CAUSAL_LM"
        ),
        "prompt": PromptTuningConfig(num_virtual_tokens=5, task_type="CAUSAL_LM"),
        "ptuning": PromptEncoderConfig(num_virtual_tokens=7, encoder_hidden_size=32, task_type="CAUSAL_LM"),
    }
    for seed, (name, config) in enumerate(kinds.items()):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers deprecates
            get_peft_model(load_causal(tiny_model)[1], config).save_pretrained(folder / name)
        (folder / name / "README.md").unlink()
    return folder


@pytest.fixture
def damaged(adapters: Path, tmp_path: Path) -> Path:
    """A copy of an adapter, to be damaged by a test."""
    return Path(shutil.copytree(adapters / "one", tmp_path / "adapters" / "one"))
