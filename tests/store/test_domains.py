"""Domains: create, change, delete with everything in them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from writing import asks, begin_evaluation, begin_job, put, tune, using

from store import schema
from store.datasets import Example, create_dataset
from store.domains import (
    Domain,
    DomainSize,
    create_domain,
    delete_domain,
    domain_of,
    domain_sizes,
    get_domain,
    list_domains,
    update_domain,
)
from store.errors import ConflictError, InvalidInputError, NotFoundError
from store.jobs import finish_job
from store.releases import active_release, promote, served_release
from store.store import Store
from store.verify import verify_store


def test_a_new_domain_serves_a_release_of_its_manifest(store: Store) -> None:
    domain = create_domain(store, "handbook", {"adapter": None}, "Rules", {"owner": "hr"})

    assert (domain.name, domain.description, domain.metadata) == ("handbook", "Rules", {"owner": "hr"})
    assert domain_sizes(store, [domain]) == [DomainSize(0, 0)]
    assert served_release(store, "handbook") == active_release(store, domain.id)
    assert active_release(store, domain.id).manifest == {"adapter": None}
    assert active_release(store, domain.id).id == domain.release
    assert get_domain(store, "handbook") == domain_of(store, domain.id) == domain


def test_a_name_is_given_once(store: Store, domain: Domain) -> None:
    with pytest.raises(ConflictError) as caught:
        create_domain(store, domain.name, {})

    assert caught.value.code == "domain_exists"
    assert list_domains(store) == [domain]


def test_an_illegal_name_creates_nothing(store: Store) -> None:
    with pytest.raises(InvalidInputError):
        create_domain(store, "../etc", {})

    assert list_domains(store) == []


def test_a_domain_that_does_not_exist_is_not_found_by_name_or_id(store: Store) -> None:
    for find in (get_domain, domain_of, served_release, delete_domain):
        with pytest.raises(NotFoundError) as caught:
            find(store, "nowhere")
        assert caught.value.code == "domain_not_found"


def test_domains_are_listed_by_name_and_their_contents_counted(store: Store, domain: Domain) -> None:
    create_domain(store, "annex", {})
    put(store, domain.id, "a", "one\ntwo")

    listed = list_domains(store)

    assert [each.name for each in listed] == ["annex", "handbook"]
    assert domain_sizes(store, listed) == [DomainSize(0, 0), DomainSize(1, 2)]
    assert domain_sizes(store, listed[1:]) == [DomainSize(1, 2)]


def test_an_update_changes_what_is_given_and_nothing_else(store: Store) -> None:
    create_domain(store, "handbook", {}, "Rules", {"owner": "hr"})

    assert update_domain(store, "handbook", description="New").metadata == {"owner": "hr"}
    assert update_domain(store, "handbook", metadata={}).description == "New"
    assert update_domain(store, "handbook") == get_domain(store, "handbook")


def test_equal_manifests_of_two_domains_are_two_releases(store: Store) -> None:
    assert create_domain(store, "a", {"x": 1}).release != create_domain(store, "b", {"x": 1}).release


def test_a_deleted_domain_leaves_no_row_and_no_file_of_its_own(store: Store, domain: Domain) -> None:
    document = put(store, domain.id, "a", "one\ntwo")
    shared = put(store, domain.id, "b", "shared")
    model = tune(store, domain.id, document)
    promote(store, using(store, domain.id, adapter=model.id).id, forced=False, reason="")
    examples = [Example("1", "test", asks("When?"), {document.id: 1})]
    dataset = create_dataset(store, domain.id, "faq", "qa", "upload", examples)
    _, lease = begin_evaluation(store, domain.id, dataset.id)
    finish_job(store, lease, "failed", error={"code": "x", "message": "y"})
    other = create_domain(store, "other", {})
    put(store, other.id, "b", "shared")

    delete_domain(store, domain.name)

    with store.database.read() as connection:
        for name, table in schema.metadata.tables.items():
            if "domain_id" in table.c:
                ids = set(connection.scalars(sa.select(table.c.domain_id)))
                assert domain.id not in ids, name
        for name in ("model_documents", "example_documents", "job_events"):
            table = schema.metadata.tables[name]
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0, name
    assert not store.folder.blob(document.sha256).exists()
    assert store.folder.blob(shared.sha256).exists()
    assert list(store.folder.artifacts.iterdir()) == []
    assert verify_store(store) == []


def test_a_domain_with_a_running_job_is_not_deleted(store: Store, domain: Domain) -> None:
    begin_job(store, domain.id)

    with pytest.raises(ConflictError) as caught:
        delete_domain(store, domain.name)

    assert caught.value.code == "domain_busy"
    assert get_domain(store, domain.name) == domain
