"""A document of a format whose reader misbehaves fails with a reason, in the job and where a request waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import HashEncoder

from retriever.documents.formats.table import FORMATS, Format, Limits
from retriever.documents.ingest import ingest_documents
from retriever.documents.ingest_job import run_ingest
from retriever.documents.reading import Reading
from retriever.settings import RetrieverSettings
from store.documents import Document, get_version, list_documents
from store.domains import Domain
from store.jobs import claim_job, create_job
from store.passages import live_texts, read_passages
from store.progress import Progress
from store.receiving import receive
from store.store import Store
from store.verify import verify_store

_READER = """
import os
from retriever.documents.blocks import Block, ReadDocument

def read(data):
    if data == b"hang":
        while True:
            pass
    if data == b"eat":
        eaten = [bytes(1_000_000) for _ in range(1000)]
    if data == b"crash":
        os.abort()
    title, _, text = data.decode().partition("|")
    blocks = (Block("page", 0, len(text), page=3), Block("heading", 0, 0, 1, title))
    return ReadDocument(text, blocks)
"""
_TYPE = "application/x-titled"


@pytest.fixture
def formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Format, ...]:
    """The table with a further row: `title|text`, all on the third page."""
    (tmp_path / "titled_reader.py").write_text(_READER)
    monkeypatch.syspath_prepend(str(tmp_path))
    return (
        *FORMATS,
        Format("titled text", (".titled",), _TYPE, "titled_reader", limits=Limits(memory_mb=300, cpu_s=1)),
    )


@pytest.fixture
def received(store: Store, domain: Domain) -> list[Document]:
    texts = {"a": b"Leave|Twenty-five days.", "hangs": b"hang", "eats": b"eat", "b": b"Sick|Tell your manager."}
    return [receive(store, domain.id, key, data, title=key, media_type=_TYPE)[0] for key, data in texts.items()]


def _check(store: Store, domain: Domain, settings: RetrieverSettings) -> None:
    """What became of the documents is the same however they were read."""
    found = {each.external_id: each for each in list_documents(store, domain.id)}
    assert {key: each.status for key, each in found.items()} == {
        "a": "searchable", "hangs": "failed", "eats": "failed", "b": "searchable",
    }  # fmt: skip
    assert [(found[key].error or {}).get("code") for key in ("hangs", "eats")] == ["too_slow", "too_large"]
    assert "300 MB of memory" in (found["eats"].error or {})["message"]
    assert get_version(store, domain.id, found["a"].id).text == "Twenty-five days."
    passage_set = settings.chunker.passage_set
    passages = read_passages(store, domain.id, live_texts(store, domain.id, passage_set).live, passage_set)
    assert [(each.external_id, each.heading, each.text, each.page) for each in passages] == [
        ("a", "Leave", "Twenty-five days.", 3),
        ("b", "Sick", "Tell your manager.", 3),
    ]
    assert verify_store(store) == []


@pytest.mark.usefixtures("received", "watching")
def test_the_job_marks_it_failed_and_takes_the_others(
    store: Store, domain: Domain, settings: RetrieverSettings, formats: tuple[Format, ...]
) -> None:
    create_job(store, "ingest", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None

    result = run_ingest(settings, store, Progress(store, *claimed), formats)

    assert result == {"documents": 4, "failed": 2, "quarantined": 0}
    _check(store, domain, settings)


def test_who_waits_for_it_is_told_so(
    store: Store, domain: Domain, settings: RetrieverSettings, received: list[Document], formats: tuple[Format, ...]
) -> None:
    reading = Reading(formats)

    done = ingest_documents(store, reading, HashEncoder(), settings, received)
    reading.close()

    assert [each.status for each in done] == ["searchable", "failed", "failed", "searchable"]
    _check(store, domain, settings)


def test_one_at_which_the_reader_crashes_is_tried_again_and_then_put_in_quarantine(
    store: Store, domain: Domain, settings: RetrieverSettings, formats: tuple[Format, ...]
) -> None:
    for key, data in {"poison": b"crash", "good": b"Leave|Twenty-five days."}.items():
        receive(store, domain.id, key, data, title=key, media_type=_TYPE)
    create_job(store, "ingest", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None

    result = run_ingest(settings, store, Progress(store, *claimed), formats)

    assert result == {"documents": 2, "failed": 0, "quarantined": 1}
    found = {each.external_id: each for each in list_documents(store, domain.id)}
    assert {key: each.status for key, each in found.items()} == {"poison": "quarantined", "good": "searchable"}
    assert "SIGABRT" in (found["poison"].error or {})["message"]
