"""Finding documents again: by id or external id, in lists, and which names are allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from writing import put, take

from store.documents import delete_document, get_document, get_version, list_documents
from store.domains import Domain, create_domain
from store.errors import InvalidInputError, NotFoundError
from store.store import Store
from store.verify import verify_store


def test_a_document_is_found_by_its_id_and_by_its_external_id_in_its_own_domain_only(
    store: Store, domain: Domain
) -> None:
    other = create_domain(store, "other", {})
    document = take(store, domain.id, "a", "one")

    assert get_document(store, domain.id, document.id) == get_document(store, domain.id, "a") == document
    for name in (document.id, "a"):
        with pytest.raises(NotFoundError):
            get_document(store, other.id, name)
        with pytest.raises(NotFoundError):
            delete_document(store, other.id, name)
    assert list_documents(store, other.id) == []


def test_documents_are_listed_in_the_order_of_arrival_page_by_page(store: Store, domain: Domain) -> None:
    documents = [take(store, domain.id, name, name) for name in "abcde"]
    names = [document.external_id for document in list_documents(store, domain.id)]
    assert names == ["e", "d", "c", "b", "a"]

    page = list_documents(store, domain.id, limit=2, after=documents[3].id)
    assert [document.external_id for document in page] == ["c", "b"]
    page = list_documents(store, domain.id, limit=2, after=documents[3].id, order="asc")
    assert [document.external_id for document in page] == ["e"]
    with pytest.raises(NotFoundError):
        list_documents(store, domain.id, after="doc_none")


def test_documents_are_listed_by_status_and_external_id(store: Store, domain: Domain) -> None:
    put(store, domain.id, "a", "one")
    take(store, domain.id, "b", "two")

    assert [d.external_id for d in list_documents(store, domain.id, status="received")] == ["b"]
    assert [d.external_id for d in list_documents(store, domain.id, external_id="a")] == ["a"]
    assert list_documents(store, domain.id, external_id="a", status="received") == []


def test_versions_that_do_not_exist_are_not_found(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one")

    assert get_version(store, domain.id, document.id, 1).text == "one"
    with pytest.raises(NotFoundError) as caught:
        get_version(store, domain.id, document.id, 2)
    assert caught.value.code == "version_not_found"


@pytest.mark.parametrize("name", ["", "a" * 513, "a\x00b"])
def test_an_external_id_that_cannot_be_kept_is_refused(store: Store, domain: Domain, name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        take(store, domain.id, name, "one")

    assert caught.value.param == "external_id"
    assert list_documents(store, domain.id) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "ü/ß", "' OR 1=1 --", "%", "a" * 512])
def test_an_external_id_is_only_ever_a_name(store: Store, domain: Domain, name: str) -> None:
    document = put(store, domain.id, name, "one")

    assert get_document(store, domain.id, name) == replace(document, external_id=name)
    assert verify_store(store) == []
