"""Fixtures shared by all tests: a store in a fresh folder, and models that are built once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import HashEncoder

from retriever.encoder import OpenVinoEncoder
from retriever.settings import RetrieverSettings
from store.domains import Domain, create_domain
from store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
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
        "retrieval": {"mode": "hybrid", "passages": 4},
    }
    return create_domain(store, "handbook", manifest)


@pytest.fixture(scope="session")
def retriever_settings(tmp_path_factory: pytest.TempPathFactory) -> RetrieverSettings:
    """Settings whose converted encoder lies in the session's temporary folder."""
    return RetrieverSettings(cache=tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="session")
def minilm(retriever_settings: RetrieverSettings) -> OpenVinoEncoder:
    """The real default encoder, converted once."""
    return OpenVinoEncoder(retriever_settings)
