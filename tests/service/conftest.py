"""A real server on a loopback port, with a tiny language model that was built for this session, and users of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from command_line import ROOT
from serving import Served, Serving
from tiny import build_tiny_model

from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from service.http.server import local_server
from service.runtime import Loaded
from service.settings import Settings
from tuner.lora import LoraSettings
from tuner.settings import TunerSettings

FERRY = "# Ferry\n\nThe ferry Aurora carries 120 passengers.\n\n## Fares\n\nA single ticket costs 12 crowns."
TEA = "# 茶园\n\n云岭茶园每天早上八点开门。\n\n## 门票\n\n成人门票四十元。"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal model that loads and generates; it was never trained."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    shipped = Path(__file__).parents[2] / "service" / "demo" / "documents"
    texts = [path.read_text(encoding="utf-8") for path in sorted(shipped.glob("*.md"))]
    return build_tiny_model(folder, texts)


@pytest.fixture(scope="session")
def served(minilm: Encoder, reader: OpenVinoReader, empty_home: Path) -> Served:
    """`local_server`, with what the session has made already: models and tables take most of the time of a start."""
    return Serving(Loaded(minilm, reader), empty_home)


@pytest.fixture(scope="session")
def settings_of(retriever_settings: RetrieverSettings, tiny_model: Path) -> Callable[[Path], Settings]:
    """Settings of a data folder below a place of the test's own."""

    def settings_below(place: Path) -> Settings:
        return Settings(
            home=place / "home",
            retriever=retriever_settings,
            generator=GeneratorSettings(base_model=tiny_model, max_new_tokens=8),
            tuner=TunerSettings(lora=LoraSettings(r=2, epochs=1, batch=4)),
        )

    return settings_below


@pytest.fixture
def settings(tmp_path: Path, settings_of: Callable[[Path], Settings], minilm: object) -> Settings:
    """Settings of a fresh data folder; `minilm` makes sure that the encoder is converted."""
    del minilm
    return settings_of(tmp_path)


@pytest.fixture(scope="session")
def extractive_home(
    tmp_path_factory: pytest.TempPathFactory, settings_of: Callable[[Path], Settings], served: Served
) -> Path:
    """A data folder whose domain `default` has an extractive release, to be copied."""
    settings = settings_of(tmp_path_factory.mktemp("extractive"))
    with served(settings) as url, httpx.Client(base_url=url, timeout=120) as client:
        body = {"set": {"generation.backend": "extractive"}}
        release = client.post("/v1/domains/default/releases", json=body).json()
        forced = {"force": True, "reason": "tests begin extractive"}
        assert client.post(f"/v1/releases/{release['id']}/promote", json=forced).status_code == 200
    return settings.home


@pytest.fixture
def http(settings: Settings, served: Served, extractive_home: Path) -> Iterator[httpx.Client]:
    """A client of a server whose domain `default` has an extractive release."""
    shutil.copytree(extractive_home, settings.home)
    with served(settings) as url, httpx.Client(base_url=url, timeout=120) as client:
        yield client


@pytest.fixture
def filled(http: httpx.Client) -> httpx.Client:
    """The same with two documents."""
    parts = [("files", ("ferry.md", FERRY)), ("files", ("tea.md", TEA))]
    answer = http.post("/documents?wait=true", files=parts)
    assert answer.status_code == 200, answer.text
    return http


@pytest.fixture
def shell(
    settings: Settings, minilm: Encoder, reader: OpenVinoReader, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a user with a data folder of their own.

    A command that runs in this process and serves that folder for the time being has the models of the session.
    """
    with_models = partial(local_server, loaded=Loaded(minilm, reader))
    monkeypatch.setattr("service.http.server.local_server", with_models)
    return os.environ | {
        "TANDEM_HOME": str(settings.home),
        "TANDEM_RETRIEVER__CACHE": str(settings.retriever.cache),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a user, and no setting of the developer's; for commands that need no model."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return kept | {"TANDEM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
