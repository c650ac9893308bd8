"""Uploads that share a commit come out as if they had come one by one."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.documents import Document, delete_document, list_documents, list_versions, read_original
from store.domains import create_domain
from store.errors import InvalidInputError, NotFoundError
from store.receiving import NewUpload, Result, receive, receive_all
from store.store import Store
from store.verify import verify_store


def _upload(key: str, data: bytes, **changes: object) -> NewUpload:
    return NewUpload(key, data, str(changes.get("title", key)), "text/plain", changes.get("metadata"))  # type: ignore[arg-type]


def _taken(outcomes: list[tuple[Document, Result] | NotFoundError]) -> list[tuple[Document, Result]]:
    assert all(isinstance(outcome, tuple) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, tuple)]


@pytest.fixture
def domain_id(store: Store) -> str:
    return create_domain(store, "handbook", {}).id


def test_many_uploads_are_received_in_order(store: Store, domain_id: str) -> None:
    uploads = [_upload(f"{number}.txt", f"text {number % 7}".encode()) for number in range(30)]

    outcomes = _taken(receive_all(store, domain_id, uploads))

    assert [document.external_id for document, _ in outcomes] == [upload.external_id for upload in uploads]
    assert {result for _, result in outcomes} == {"created"}
    assert [read_original(store, document) for document, _ in outcomes] == [upload.data for upload in uploads]
    assert verify_store(store) == []


def test_a_hundred_identical_uploads_at_once_are_one_document_of_one_version(store: Store, domain_id: str) -> None:
    with ThreadPoolExecutor(100) as threads:
        sent = [threads.submit(receive_all, store, domain_id, [_upload("a.txt", b"the same")]) for _ in range(100)]
        outcomes = [outcome for each in sent for outcome in _taken(each.result())]

    (document,) = list_documents(store, domain_id)
    assert {each.id for each, _ in outcomes} == {document.id}
    assert sorted(result for _, result in outcomes) == ["created"] + ["unchanged"] * 99
    assert [version.version for version in list_versions(store, domain_id, document.id)] == [1]
    assert verify_store(store) == []


def test_a_group_may_name_a_document_twice(store: Store, domain_id: str) -> None:
    uploads = [_upload("a", b"old"), _upload("b", b"other"), _upload("a", b"new"), _upload("a", b"new", title="T")]

    outcomes = _taken(receive_all(store, domain_id, uploads))

    assert [result for _, result in outcomes] == ["created", "created", "updated", "updated"]
    newest = {document.external_id: document for document in list_documents(store, domain_id)}
    assert read_original(store, newest["a"]) == b"new"
    assert (newest["a"].version, newest["a"].title) == (2, "T")


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.binary(max_size=3), st.sampled_from([None, {}, {"year": 2024}])),
        max_size=8,
    )
)
def test_a_group_does_what_single_uploads_do(
    tmp_path_factory: pytest.TempPathFactory, empty_home: Path, items: list[tuple[str, bytes, dict[str, int] | None]]
) -> None:
    found = []
    for together in (True, False):
        store = Store.open(Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("group") / "home")))
        domain_id = create_domain(store, "handbook", {}).id
        uploads = [_upload(key, data, metadata=metadata) for key, data, metadata in items]
        if together:
            results = [result for _, result in _taken(receive_all(store, domain_id, uploads))]
        else:
            results = [
                receive(
                    store, domain_id, each.external_id, each.data,
                    title=each.title, media_type=each.media_type, metadata=each.metadata,
                )[1]
                for each in uploads
            ]  # fmt: skip
        rows = [(d.external_id, d.version, d.sha256, d.metadata, d.status) for d in list_documents(store, domain_id)]
        found.append((results, sorted(rows, key=str)))
        store.close()
    assert found[0] == found[1]


def test_a_group_may_name_the_same_bytes_as_several_types(store: Store, domain_id: str) -> None:
    kinds = ["text/plain", "text/markdown", "text/markdown", "text/plain"]

    outcomes = _taken(receive_all(store, domain_id, [NewUpload("a", b"one", None, kind) for kind in kinds]))

    assert [result for _, result in outcomes] == ["created", "updated", "unchanged", "updated"]
    (document,) = list_documents(store, domain_id)
    assert (document.version, document.title, document.media_type) == (1, "a", "text/plain")


def test_a_version_of_a_document_that_is_gone_makes_no_new_document(store: Store, domain_id: str) -> None:
    first, _ = receive(store, domain_id, "a", b"one", title="a", media_type="text/plain")
    delete_document(store, domain_id, first.id)
    version = NewUpload("a", b"two", "a", "text/plain", replaces=first.id)

    (gone,) = receive_all(store, domain_id, [version])
    assert isinstance(gone, NotFoundError)
    assert list_documents(store, domain_id) == []

    receive(store, domain_id, "a", b"three", title="a", media_type="text/plain")
    (gone,) = receive_all(store, domain_id, [version])
    assert isinstance(gone, NotFoundError)
    assert [read_original(store, each) for each in list_documents(store, domain_id)] == [b"three"]


def test_nothing_is_stored_if_an_external_id_is_refused(store: Store, domain_id: str) -> None:
    with pytest.raises(InvalidInputError, match="1 to 512 characters"):
        receive_all(store, domain_id, [_upload("a", b"text"), _upload("x" * 513, b"text")])

    assert list_documents(store, domain_id) == []


def test_an_unknown_domain_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError):
        receive_all(store, "dom_missing", [_upload("a", b"text"), _upload("b", b"text")])


def test_a_document_that_is_deleted_meanwhile_is_an_outcome(
    store: Store, domain_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import store.receiving as module

    look = module.existing_documents

    def after_a_deletion(given: Store, ids: list[str]) -> list[Document]:
        delete_document(given, domain_id, ids[0])
        return look(given, ids)

    monkeypatch.setattr(module, "existing_documents", after_a_deletion)
    first, second = receive_all(store, domain_id, [_upload("a", b"1"), _upload("b", b"2")])

    assert isinstance(first, NotFoundError)
    assert isinstance(second, tuple)
    assert second[0].external_id == "b"


def test_a_file_of_every_upload_lies_under_its_hash_and_nothing_is_left_behind(store: Store, domain_id: str) -> None:
    outcomes = _taken(receive_all(store, domain_id, [_upload(str(n), bytes([n])) for n in range(20)]))

    blobs = [path for path in Path(store.folder.root / "blobs").rglob("*") if path.is_file()]
    assert {path.name for path in blobs} == {document.sha256 for document, _ in outcomes}
    assert list((store.folder.root / "tmp").iterdir()) == []
