"""A language model that is built once for the tuner's tests and knows nothing, and a domain to tune it in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny import build_tiny_model
from workshop import QUESTIONS, Workshop

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from store.store import Store
from tuner.data.importing import Wishes, import_examples
from tuner.lora import LoraSettings
from tuner.settings import TunerSettings, TuneSection

TEXTS = [
    "The night shift of the northern depot begins at ten in the evening and ends at six in the morning.",
    "Every driver signs the blue book before leaving the yard, and signs it again after coming back.",
    "The canteen of the southern depot serves hot soup on every Tuesday at noon for three small coins.",
    "Lost umbrellas are kept for forty days in the green cupboard beside the door of the lost property office.",
    "A whistle that sounds twice means that the harbour bridge is about to open for the ships.\n\n"
    "The old crane at the eastern quay lifts eleven tons, but only while the wind is weaker than force five.",
    "港口的夜班从晚上十点开始，到早晨六点结束，每一位司机在离开之前都要在蓝色的登记簿上签名，回来以后还要再签一次，"
    "以便值班的主管知道谁在路上。",
    "仓库的钥匙由值班的主管保管，任何人不得把它带出大门之外。每个星期二的中午，南站的食堂供应热汤，价格是三枚小小的硬币，"
    "员工和客人都一样。",
]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small are slower on two threads, and much slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """A dozen sentences in English and Chinese."""
    return list(TEXTS)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """The folder of a causal model with its tokenizer."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return build_tiny_model(folder, texts, vocabulary=1024, hidden=128)


@pytest.fixture(scope="module")
def workshop(
    tmp_path_factory: pytest.TempPathFactory,
    retriever_settings: RetrieverSettings,
    minilm: Encoder,
    reader: OpenVinoReader,
    tiny_model: Path,
    texts: list[str],
    empty_home: Path,
    loaded: None,
) -> Workshop:
    """The documents of `texts` and questions about them, one workshop for each file of tests."""
    store = Store.open(Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("workshop") / "home")))
    generator = GeneratorSettings(base_model=tiny_model, max_new_tokens=4)
    engine = Engine(store, retriever_settings, generator, minilm, reader)
    domain = engine.create_domain("handbook")
    for number, text in enumerate(texts):
        engine.add("handbook", f"{number}.txt", text)
    engine.close()
    lines = "\n".join(json.dumps(row) for row in QUESTIONS)
    dataset = import_examples(store, domain.id, "questions", lines.encode(), Wishes(split="train"))
    tuner = TunerSettings(lora=LoraSettings(r=4, epochs=1, batch=4), threads=1)
    return Workshop(store, domain, dataset, TuneSection(tuner=tuner, generator=generator, retriever=retriever_settings))
