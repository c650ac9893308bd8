"""Identifiers and hashes."""

from __future__ import annotations

import re

import pytest

from store.errors import InvalidInputError
from store.ids import canonical_json, check_domain_name, hashed_id, new_id, sha256


def test_new_ids_have_their_prefix_and_do_not_repeat() -> None:
    ids = {new_id("doc") for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch(r"doc_[a-km-z0-6]{20}", each) for each in ids)


def test_an_id_by_hash_depends_on_the_content_and_not_on_its_order() -> None:
    one = hashed_id("rel", {"a": 1, "b": {"c": "ü", "d": None}})

    assert one == hashed_id("rel", {"b": {"d": None, "c": "ü"}, "a": 1})
    assert one != hashed_id("rel", {"a": 2, "b": {"c": "ü", "d": None}})
    assert re.fullmatch(r"rel_[a-km-z0-6]{20}", one)


def test_the_ids_by_hash_of_stored_releases_never_change() -> None:
    assert hashed_id("rel", {"domain": "dom_1", "manifest": {"adapter": None}}) == "rel_dhkvsj4v6gocx5mataca"


def test_canonical_json_has_sorted_keys_no_blanks_and_no_numbers_that_json_lacks() -> None:
    assert canonical_json({"b": [1, 2.5], "a": "ß"}) == '{"a":"ß","b":[1,2.5]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_a_hash_of_text_is_that_of_its_utf8_bytes() -> None:
    assert sha256("ß") == sha256(b"\xc3\x9f")
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("name", ["a", "0", "hr-handbook_2", "a" * 63])
def test_a_legal_domain_name_is_returned(name: str) -> None:
    assert check_domain_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "A", "-a", "_a", "a b", "a/b", "..", "ä", "a\n", "a\x00", "a" * 64, "٣"]
)  # fmt: skip
def test_an_illegal_domain_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_domain_name(name)

    assert (caught.value.code, caught.value.param) == ("invalid_domain_name", "name")
