"""Documents that earlier rules cut are cut anew: no search misses one of them, before, between or after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes import HashEncoder, vectors_of
from office_files import pdf, pptx, slide_text, xlsx
from watching import WatchingEncoder
from writing import line_passages

from retriever.documents import recutting
from retriever.documents.blocks import ReadDocument
from retriever.documents.ingest import ingest_documents
from retriever.documents.ingest_job import run_ingest
from retriever.documents.places import Places
from retriever.documents.reading import Reading
from retriever.documents.recutting import is_outdated, recut_domain
from retriever.documents.retracing import as_passages_say
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store import schema
from store.documents import Cut, Document, delete_document, get_document, make_all_searchable, mark_failed
from store.domains import Domain
from store.jobs import claim_job, create_job
from store.layout import Box, Layout, layout_as_text, read_layout
from store.passages import live_texts, read_passages
from store.progress import Progress
from store.receiving import receive
from store.recutting import Cutting, sets_in_use
from store.store import Store
from store.verify import verify_store

_CHUNKER = RetrieverSettings().chunker
(_EARLIER,) = _CHUNKER.earlier_sets
Recut = Callable[..., int]
Found = Callable[[str], list[tuple[str, str]]]


def _put_as_before(store: Store, domain: Domain, name: str, text: str) -> str:
    """Make a document searchable as an earlier version did: each line a passage without a layout, in its set."""
    document, _ = receive(store, domain.id, name, text.encode(), title=name, media_type="text/plain")
    passages = line_passages(text)
    cut = Cut(document, text, passages)
    assert not make_all_searchable(store, [cut], _EARLIER, vectors_of(HashEncoder(), passages), HashEncoder.space_id)
    return document.id


@pytest.fixture
def found(retriever: Retriever, domain: Domain, plan: SearchPlan) -> Found:
    """What a release of before finds: (document, content) of its hits."""
    pinned = replace(plan, passage_set=_EARLIER)

    def search(query: str) -> list[tuple[str, str]]:
        retriever.follow()
        hits = retriever.search(domain.id, pinned, Request(query, 10, "lexical")).hits
        return sorted((hit.passage.external_id, hit.passage.content) for hit in hits)

    return search


@pytest.fixture
def recut(store: Store, domain: Domain, reading: Reading) -> Recut:
    """Cut the documents of the domain anew."""
    return lambda encoder=None: recut_domain(store, reading, domain.id, encoder or HashEncoder(), _CHUNKER)


def test_releases_of_before_find_the_new_passages_once_all_are_there(
    store: Store, domain: Domain, found: Found, recut: Recut
) -> None:
    _put_as_before(store, domain, "ferry hours.txt", "The ferry leaves\nat nine.")
    _put_as_before(store, domain, "fares.txt", "A ferry ticket is 12 crowns.")
    assert is_outdated(store, domain.id, _CHUNKER)
    assert found("ferry") == [("fares.txt", "A ferry ticket is 12 crowns."), ("ferry hours.txt", "The ferry leaves")]

    assert recut() == 2

    assert found("ferry") == [
        ("fares.txt", "fares\nA ferry ticket is 12 crowns."),
        ("ferry hours.txt", "ferry hours\nThe ferry leaves at nine."),
    ]
    assert not is_outdated(store, domain.id, _CHUNKER)
    assert sets_in_use(store, domain.id, [_EARLIER]) == []
    assert verify_store(store) == []
    assert recut() == 0


def test_while_documents_are_cut_anew_each_is_found_and_so_is_one_that_arrives_and_none_that_is_deleted(
    store: Store, domain: Domain, found: Found, recut: Recut, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recutting, "_GROUP_BYTES", 1)
    names = ["apple", "berry", "cherry"]
    for name in names:
        _put_as_before(store, domain, f"{name}.txt", f"The ferry {name}.")
    gone = _put_as_before(store, domain, "gone.txt", "The ferry of old.")
    seen: list[list[str]] = []

    class Looking(HashEncoder):
        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            if not seen:
                document, _ = receive(
                    store, domain.id, "new.txt", b"The ferry new.", title="new.txt", media_type="text/plain"
                )
                ingest_documents(store, reading, HashEncoder(), RetrieverSettings(), [document])
                delete_document(store, domain.id, gone)
            seen.append([name for name, _ in found("ferry")])
            return super().encode_passages(texts)

    recut(Looking())

    everything = [*(f"{name}.txt" for name in names), "new.txt"]
    assert len(seen) >= 3
    assert all(each == everything for each in seen)
    assert [name for name, _ in found("ferry")] == everything
    assert verify_store(store) == []


def test_what_was_stopped_in_between_goes_on(
    store: Store, domain: Domain, found: Found, recut: Recut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recutting, "_GROUP_BYTES", 1)
    for name in ("apple", "berry"):
        _put_as_before(store, domain, f"{name}.txt", f"The ferry {name}.")

    class Failing(HashEncoder):
        def encode_passages(self, texts):  # type: ignore[no-untyped-def]
            if any("berry" in text for text in texts):
                raise MemoryError
            return super().encode_passages(texts)

    with pytest.raises(MemoryError):
        recut(Failing())
    assert [content for _, content in found("ferry")] == ["The ferry apple.", "The ferry berry."]

    assert recut() == 1
    assert [content for _, content in found("ferry")] == ["apple\nThe ferry apple.", "berry\nThe ferry berry."]


def test_a_version_that_is_searched_is_cut_anew_also_if_a_newer_one_failed(
    store: Store, domain: Domain, found: Found, recut: Recut
) -> None:
    key = _put_as_before(store, domain, "hours.txt", "The ferry leaves at nine.")
    failed, _ = receive(store, domain.id, "hours.txt", b"\0", title="hours.txt", media_type="text/plain")
    mark_failed(store, failed, "empty_document", "It has no text.")

    recut()

    assert found("ferry") == [("hours.txt", "hours\nThe ferry leaves at nine.")]
    assert get_document(store, domain.id, key).status == "failed"


def test_the_job_ingest_says_how_many_it_cut_anew(
    store: Store, domain: Domain, found: Found, watching: WatchingEncoder
) -> None:
    _put_as_before(store, domain, "hours.txt", "The ferry leaves at nine.")
    job = create_job(store, "ingest", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None
    assert claimed[0].id == job.id

    counts = run_ingest(RetrieverSettings(), store, Progress(store, *claimed))

    assert counts == {"documents": 0, "failed": 0, "quarantined": 0, "recut": 1}
    assert found("ferry") == [("hours.txt", "hours\nThe ferry leaves at nine.")]


_PDF = pdf(
    [
        [(72, 100, "Ferry service"), (72, 140, "The ferry leaves at nine."), (72, 300, "Tickets cost 12 crowns.")],
        [(72, 100, "In winter"), (72, 140, "The ferry leaves at ten."), (72, 500, "Dogs travel free.")],
    ]
)
_PPTX = pptx(
    [slide_text("Autumn plan", "title") + slide_text("The quay is repaired."), slide_text("Costs are shared.")]
)
_XLSX = xlsx({"Fares": [["Route", "Price"], ["North", 12], ["South", 14]], "Hours": [["Day"], ["Monday"]]})
_FILES = {
    "ferry.pdf": ("application/pdf", _PDF),
    "plan.pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _PPTX),
    "fares.xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _XLSX),
}


def _cut_before(store: Store, domain: Domain, reading: Reading, name: str) -> Document:
    """Make a file searchable, in passages that count as those of an earlier version."""
    media_type, data = _FILES[name]
    received, _ = receive(store, domain.id, name, data, title=name, media_type=media_type)
    (document,) = ingest_documents(store, reading, HashEncoder(), RetrieverSettings(), [received])
    assert document.status == "searchable", document.error
    with store.database.write() as connection:
        for table in (schema.passages, schema.changes):
            connection.execute(table.update().values(passage_set=_EARLIER))
    return document


def _places(store: Store, domain: Domain) -> list[tuple[object, ...]]:
    """Return what all passages say: place, page, heading path, content and layout."""
    (passage_set,) = sets_in_use(store, domain.id, [_EARLIER, _CHUNKER.passage_set])
    live = live_texts(store, domain.id, passage_set).live
    found = read_passages(store, domain.id, live, passage_set)
    return sorted((each.start, each.end, each.page, each.heading, each.content, each.stored_layout) for each in found)


@pytest.mark.parametrize("name", _FILES)
def test_pages_boxes_slides_and_sheets_survive(
    store: Store, domain: Domain, reading: Reading, recut: Recut, name: str
) -> None:
    _cut_before(store, domain, reading, name)
    before = _places(store, domain)

    assert recut() == 1

    assert _places(store, domain) == before
    assert any(page is not None for _, _, page, *_ in before) == (name != "fares.xlsx")
    assert sets_in_use(store, domain.id, [_EARLIER]) == []
    assert verify_store(store) == []


@pytest.mark.parametrize("what", ["lost", "damaged", "read differently"])
def test_without_the_original_the_passages_before_say_where_they_stand(
    store: Store, domain: Domain, reading: Reading, recut: Recut, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = _cut_before(store, domain, reading, "ferry.pdf")
    before = _places(store, domain)
    blob = store.folder.blob(document.sha256)
    blob.chmod(0o600)
    if what == "lost":
        blob.unlink()
    elif what == "damaged":
        blob.write_bytes(b"other")
    else:
        monkeypatch.setattr(Reading, "read", lambda _, originals: [ReadDocument("other")] * len(originals))

    recut()

    assert [each[:5] for each in _places(store, domain)] == [each[:5] for each in before]
    boxes = [_boxes(each) for each in _places(store, domain)]
    assert boxes == [_boxes(each) for each in before]
    assert all(boxes)


def _boxes(place: tuple[object, ...]) -> tuple[Box, ...]:
    start, layout = place[0], place[5]
    assert isinstance(start, int)
    assert isinstance(layout, str)
    return read_layout(layout, start, "x" * 1000).boxes


def test_what_was_recognised_in_a_picture_stays_marked_so() -> None:
    layout = Layout(source="ocr", boxes=(Box(3, 10, 20, 90, 40), Box(3, 10, 200, 90, 240)))
    passages = [Cutting(0, 9, 3, "Notice > Hours", "Open nine", layout_as_text(layout, 0))]

    read = as_passages_say("Open nine", "Notice", passages)

    places = Places(read.blocks)
    assert (places.page(4), places.source(4, 9)) == (3, "ocr")
    assert places.boxes(0, 4) == (Box(3, 10, 20, 90, 40),)
    assert places.boxes(0, 9) == layout.boxes
    assert [block.title for block in read.blocks if block.kind == "heading"] == ["Hours"]
