"""Editing documents: another external id, title or metadata, of one document or of many at once."""

from __future__ import annotations

import threading

import pytest
from writing import put

from store.documents import get_document, list_versions
from store.domains import Domain, create_domain
from store.editing import Edit, edit_document, edit_metadata, metadata_keys
from store.errors import ConflictError, InvalidInputError, NotFoundError
from store.store import Store


def test_a_renamed_document_keeps_its_id_versions_and_passages(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a.md", "First.")
    before = put(store, domain.id, "a.md", "Second.")

    after = edit_document(store, domain.id, "a.md", Edit(external_id="b/a.md"))

    assert (after.id, after.external_id, after.status) == (before.id, "b/a.md", "searchable")
    assert (after.version, after.passages) == (before.version, before.passages)
    assert [each.version for each in list_versions(store, domain.id, "b/a.md")] == [2, 1]
    with pytest.raises(NotFoundError):
        get_document(store, domain.id, "a.md")


def test_a_name_that_another_document_has_is_refused(store: Store, domain: Domain) -> None:
    for name in ("a.md", "b.md"):
        put(store, domain.id, name, name)
    other = create_domain(store, "other", {})
    put(store, other.id, "c.md", "c")

    with pytest.raises(ConflictError, match=r"'b\.md' already"):
        edit_document(store, domain.id, "a.md", Edit(external_id="b.md", title="new"))
    with pytest.raises(InvalidInputError):
        edit_document(store, domain.id, "a.md", Edit(external_id=""))
    assert get_document(store, domain.id, "a.md").title == "a.md"
    assert edit_document(store, domain.id, "a.md", Edit(external_id="c.md")).external_id == "c.md"


def test_another_title_must_be_made_searchable_and_other_metadata_hold_at_once(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a.md", "First.")

    described = edit_document(store, domain.id, "a.md", Edit(metadata={"tags": ["x"]}))
    titled = edit_document(store, domain.id, "a.md", Edit(title="A title"))

    assert (described.status, described.metadata) == ("searchable", {"tags": ["x"]})
    assert (titled.status, titled.title, titled.metadata, titled.version) == ("received", "A title", {"tags": ["x"]}, 1)
    assert edit_document(store, domain.id, "a.md", Edit(title="A title", metadata={})).metadata == {}


def test_metadata_of_many_documents_are_set_and_removed_at_once(store: Store, domain: Domain) -> None:
    for number in range(4):
        put(store, domain.id, f"{number}.md", f"{number}")
        edit_document(store, domain.id, f"{number}.md", Edit(metadata={"number": number, "old": "x"}))
    other = create_domain(store, "other", {})
    put(store, other.id, "0.md", "0")

    def change(*, dry_run: bool) -> tuple[int, int]:
        given = {"team": ["a", "b"], "number": 3}
        return edit_metadata(
            store, domain.id, lambda each: each.external_id > "0.md", given, ["old", "absent"], dry_run=dry_run
        )

    assert change(dry_run=True) == (3, 3)
    assert get_document(store, domain.id, "1.md").metadata == {"number": 1, "old": "x"}
    assert change(dry_run=False) == (3, 3)
    assert change(dry_run=False) == (3, 0)
    assert get_document(store, domain.id, "0.md").metadata == {"number": 0, "old": "x"}
    assert get_document(store, domain.id, "1.md").metadata == {"number": 3, "team": ["a", "b"]}
    assert get_document(store, other.id, "0.md").metadata == {}


def test_edits_at_the_same_time_lose_nothing(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a.md", "a")
    threads = [
        threading.Thread(target=edit_metadata, args=(store, domain.id, lambda _: True, {f"k{number}": number}, []))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert get_document(store, domain.id, "a.md").metadata == {f"k{number}": number for number in range(12)}


def test_keys_are_listed_with_their_kinds_and_most_frequent_values(store: Store, domain: Domain) -> None:
    values = [{"tags": ["a", "b"]}, {"tags": "a", "year": 1}, {"tags": ["a", "a"], "year": True}, {"note": None}, {}]
    for number, metadata in enumerate(values):
        put(store, domain.id, f"{number}.md", f"{number}")
        edit_document(store, domain.id, f"{number}.md", Edit(metadata=metadata))

    note, tags, year = metadata_keys(store, domain.id)

    assert (note.key, dict(note.kinds), note.frequent()) == ("note", {"null": 1}, [(None, 1)])
    assert (tags.documents, dict(tags.kinds)) == (3, {"list": 2, "string": 1})
    assert tags.frequent() == [("a", 3), ("b", 1)]
    assert (dict(year.kinds), [(type(value), count) for value, count in year.frequent()]) == (
        {"number": 1, "boolean": 1},
        [(int, 1), (bool, 1)],
    )
