"""Keys: made, listed, revoked; what is kept of them opens nothing."""

from __future__ import annotations

import hashlib
import hmac

import pytest
import sqlalchemy as sa

from store import schema
from store.domains import Domain, delete_domain
from store.errors import ConflictError, InvalidInputError, NotFoundError
from store.keys import (
    create_key,
    digest_of,
    get_key,
    keys_required,
    list_keys,
    note_used,
    parts_of,
    revoke_key,
)
from store.store import Store


def test_a_key_is_its_id_and_a_secret_of_which_only_a_hash_is_kept(store: Store, domain: Domain) -> None:
    key, written = create_key(store, "crm", "write", domain.id)

    found = parts_of(written)
    assert found is not None
    key_id, secret = found
    assert (key.id, key.name, key.access, key.domain_id, key.domain) == (
        key_id, "crm", "write", domain.id, domain.name,
    )  # fmt: skip
    assert len(secret) == 43  # 256 bits, six in a character
    assert key.digest == hmac.new(key_id.encode(), secret.encode(), hashlib.sha256).hexdigest()
    assert (key.last_used_at, key.revoked_at) == (None, None)
    with store.database.read() as connection:
        kept = connection.execute(sa.select(schema.keys)).all()
    assert secret not in repr(kept)
    assert create_key(store, "other", "read")[1] != written


def test_a_hash_opens_nothing_in_the_row_of_another_key(store: Store) -> None:
    one, two = (parts_of(create_key(store, name, "read")[1]) for name in ("one", "two"))
    assert one is not None
    assert two is not None

    assert digest_of(one[0], one[1]) == get_key(store, "one").digest
    assert digest_of(two[0], one[1]) not in (get_key(store, "one").digest, get_key(store, "two").digest)


def test_a_name_is_in_force_once_and_free_again_when_its_key_is_revoked(store: Store) -> None:
    first, _ = create_key(store, "crm", "read")
    with pytest.raises(ConflictError) as caught:
        create_key(store, "crm", "write")
    assert caught.value.code == "key_exists"

    ended = revoke_key(store, "crm")
    second, _ = create_key(store, "crm", "write")

    assert ended.id == first.id
    assert ended.revoked_at is not None
    assert [(key.id, key.revoked_at is None) for key in list_keys(store)] == [(first.id, False), (second.id, True)]
    assert get_key(store, "crm").id == second.id
    assert revoke_key(store, first.id) == ended  # once


@pytest.mark.parametrize("name", ["", "Crm", "a b", "../etc", "key_x", "x" * 64, "a\n", "a\x00"])
def test_a_name_outside_the_rules_makes_no_key(store: Store, name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_key(store, name, "read")

    assert (caught.value.code, caught.value.param) == ("invalid_key_name", "name")
    assert list_keys(store) == []
    assert not keys_required(store)


def test_what_is_no_right_and_no_domain_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInputError):
        create_key(store, "a", "admin")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        create_key(store, "a", "read", "dom_gone")
    with pytest.raises(NotFoundError):
        revoke_key(store, "a")


def test_keys_stay_required_when_the_last_one_is_revoked_or_goes_with_its_domain(store: Store, domain: Domain) -> None:
    assert not keys_required(store)
    create_key(store, "of-the-domain", "read", domain.id)
    assert keys_required(store)

    delete_domain(store, domain.name)

    assert list_keys(store) == []
    assert keys_required(store)


def test_when_a_key_was_used_is_noted(store: Store) -> None:
    key, _ = create_key(store, "crm", "read")
    note_used(store, {key.id: 1_700_000_000, "key_gone": 5})
    note_used(store, {})

    assert get_key(store, "crm").last_used_at == 1_700_000_000


@pytest.mark.parametrize(
    "written", ["", "tdm_", "crm", "Bearer x", "tdm_" + "a" * 20 + "_" + "b" * 42, "tdm_" + "a" * 20 + "_" + "b" * 44]
)
def test_what_is_no_key_has_no_parts(written: str) -> None:
    assert parts_of(written) is None
