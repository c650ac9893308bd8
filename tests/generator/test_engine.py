"""The engine: documents in, answers out, in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.documents.blocks import UnreadableError
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.search.search import Request
from retriever.settings import RetrieverSettings
from store.errors import FolderInUseError, InvalidInputError, NotFoundError
from store.store import Store


def test_what_was_added_is_there_after_closing_and_opening_again(
    tmp_path: Path, retriever_settings: RetrieverSettings, minilm: Encoder
) -> None:
    with Engine.open(tmp_path / "home", retriever_settings) as engine:
        domain = engine.create_domain("handbook", "What everyone should know.")
        engine.add("handbook", "office.txt", "The office opens at nine in the morning.", title="Office")
        with pytest.raises(FolderInUseError), Engine.open(tmp_path / "home", retriever_settings):
            pass

    with Engine.open(tmp_path / "home", retriever_settings) as engine:
        answer = engine.ask("handbook", "When does the office open in the morning?")
        assert answer.answer == "The office opens at nine in the morning. [1]"
        assert answer.citations[0].title == "Office"
        assert not engine.retriever.index(domain.id).rebuilt
        assert list(engine.store.folder.indexes.iterdir()) != []
        assert engine.verify() == []


def test_the_same_bytes_again_change_nothing(engine: Engine) -> None:
    first = engine.add("handbook", "a.txt", "One text.")
    second = engine.add("handbook", "a.txt", b"One text.")

    assert (second.id, second.version, second.status) == (first.id, 1, "searchable")
    assert engine.search("handbook", Request("text")).index_seq == 1


def test_a_document_that_failed_can_be_sent_again(engine: Engine) -> None:
    assert engine.add("handbook", "a.txt", b" ").status == "failed"
    assert engine.add("handbook", "a.txt", b" ").error is not None
    assert engine.add("handbook", "a.txt", "One text.").status == "searchable"
    assert engine.verify() == []


def test_a_file_of_an_unsupported_type_is_not_stored(engine: Engine) -> None:
    with pytest.raises(UnreadableError):
        engine.add("handbook", "a.pdf", b"no PDF at all")

    assert list((engine.store.folder.root / "blobs").iterdir()) == []


def test_domains_are_searched_apart(engine: Engine) -> None:
    engine.create_domain("other")
    engine.add("handbook", "a.txt", "The office opens at nine.")
    engine.add("other", "b.txt", "The office opens at ten.")

    hits = engine.search("other", Request("office")).hits

    assert [hit.passage.external_id for hit in hits] == ["b.txt"]


def test_a_domain_is_made_when_it_is_missing_and_only_then(engine: Engine) -> None:
    first = engine.domain("notes")

    assert (first.name, engine.domain("notes")) == ("notes", first)


def test_a_domain_that_does_not_exist_is_named(engine: Engine) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        engine.ask("nowhere", "Why?")


def test_a_folder_that_is_no_model_is_refused_at_the_start(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"config\.json") as caught:
        Engine(store, RetrieverSettings(), GeneratorSettings(base_model=tmp_path), HashEncoder(), WordReader())

    assert caught.value.param == "generator.base_model"


def test_a_base_model_is_known_by_its_content(store: Store, tiny_model: Path) -> None:
    settings = GeneratorSettings(base_model=tiny_model)
    one = Engine(store, RetrieverSettings(), settings, HashEncoder(), WordReader())
    two = Engine(store, RetrieverSettings(), settings, HashEncoder(), WordReader())

    assert one.base_model is not None
    assert two.base_model is not None
    assert one.base_model.id == two.base_model.id == one.default_manifest().base_model
    assert one.default_manifest().generation.backend == "transformers"


def test_serving_loads_neither_torch_nor_transformers(
    tmp_path: Path, retriever_settings: RetrieverSettings, minilm: Encoder, reader: OpenVinoReader
) -> None:
    del minilm, reader  # converted once, by them
    script = f"""
import sys
from pathlib import Path
from generator.engine import Engine
from retriever.settings import RetrieverSettings
settings = RetrieverSettings(cache=Path({str(retriever_settings.cache)!r}))
with Engine.open(Path({str(tmp_path / "home")!r}), settings) as engine:
    engine.create_domain("handbook")
    engine.add("handbook", "ferry.md", "A single ticket costs 12 crowns. The ferry leaves at nine.")
    engine.add("handbook", "zh.md", "单程船票十二克朗。渡轮九点开船。")
    for question in ("How much is a single ticket?", "单程船票多少钱？"):
        print(engine.ask("handbook", question).answer)
print({{"torch", "transformers", "sentence_transformers"}} & set(sys.modules))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True)

    assert done.stdout.splitlines() == [
        "A single ticket costs 12 crowns. [1]",
        "单程船票十二克朗。渡轮九点开船。 [1]",
        "set()",
    ]


def test_the_reader_is_the_given_one_or_the_shipped_one(
    store: Store, retriever_settings: RetrieverSettings, reader: OpenVinoReader
) -> None:
    given = WordReader()

    assert Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), given).reader is given
    shipped = Engine(store, retriever_settings, GeneratorSettings(), HashEncoder()).reader
    assert isinstance(shipped, OpenVinoReader)
    assert shipped.id == reader.id
