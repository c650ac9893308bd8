"""Fixtures shared by all tests: a store in a fresh folder, and models that are built once per session."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fakes import HashEncoder
from isolation import Isolation, one_at_a_time
from searching import retrieval_part
from unmeasured import keep_the_usual

from retriever.models.encoder import Encoder
from retriever.models.encoder_files import default_cache
from retriever.models.load import load_encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from store.domains import Domain, create_domain
from store.store import Store


def pytest_configure(config: pytest.Config) -> None:
    """Let no test read or write what belongs to the user."""
    config.pluginmanager.register(Isolation(), "isolation")


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its tables and nothing in them, to be copied: making the tables takes the longest."""
    home = tmp_path_factory.mktemp("empty") / "home"
    Store.open(home).close()
    return home


@pytest.fixture
def store(tmp_path: Path, empty_home: Path) -> Iterator[Store]:
    """An empty store."""
    shutil.copytree(empty_home, tmp_path / "home")
    opened = Store.open(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def encoder() -> HashEncoder:
    """An encoder without a model."""
    return HashEncoder()


@pytest.fixture
def domain(store: Store) -> Domain:
    """A domain whose release fits `encoder` and the default chunker."""
    manifest = {
        "adapter": None,
        "space_id": HashEncoder.space_id,
        "passage_set": RetrieverSettings().chunker.passage_set,
        "retrieval": dict(retrieval_part()),
    }
    return create_domain(store, "handbook", manifest)


@pytest.fixture(scope="session")
def retriever_settings() -> RetrieverSettings:
    """Settings that name the cache of this session, the default one, so that each model is converted once."""
    keep_the_usual(default_cache())
    return RetrieverSettings(cache=default_cache())


@pytest.fixture(scope="session")
def minilm(retriever_settings: RetrieverSettings) -> Encoder:
    """The real default encoder, converted once."""
    with one_at_a_time(default_cache()):
        return load_encoder(retriever_settings)


@pytest.fixture(scope="session")
def reader(retriever_settings: RetrieverSettings) -> OpenVinoReader:
    """The shipped reader, converted once."""
    with one_at_a_time(default_cache()):
        return OpenVinoReader(retriever_settings)


@pytest.fixture(scope="module")
def loaded(minilm: Encoder, reader: OpenVinoReader) -> Iterator[None]:
    """Give jobs that run in this process the models of the session: they would load the same ones each time."""
    from generator.engine import Engine

    with pytest.MonkeyPatch.context() as patch:
        for job in ("eval.evaluate", "tuner.run"):
            patch.setattr(f"{job}.Engine", partial(Engine, encoder=minilm, reader=reader))
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skip fail the run where nothing may be missing."""
    if _skipped(session.config) and os.environ.get("TANDEM_FAIL_ON_SKIP"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the last line what did not run, and why: a skipped test must not look like a passed one."""
    skipped = _skipped(config)
    reasons = "; ".join(f"{count} because {reason}" for reason, count in sorted(skipped.items()))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and skipped:
        reporter.write_line(f"{sum(skipped.values())} tests were skipped: {reasons}", yellow=True)


def _skipped(config: pytest.Config) -> Counter[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter is not None else []
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
