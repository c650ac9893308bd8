"""Filters over the attributes of documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retriever.search.filters import Comparison, Compound, Filter, allowed_texts, attributes
from retriever.settings import RetrieverSettings
from store.documents import Document, list_documents
from store.domains import Domain
from store.store import Store

_ADAPTER: TypeAdapter[Filter] = TypeAdapter(Filter)
_ATTRIBUTES = {
    "year": 2024, "team": "sales", "draft": False, "note": None, "price": 9.5, "flag": True, "count": 1,
    "tags": ["red", 1, True],
}  # fmt: skip


def _parse(content: dict[str, Any]) -> Filter:
    return _ADAPTER.validate_python(content)


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("eq", "team", "sales", True),
        ("eq", "team", "Sales", False),
        ("eq", "year", 2024, True),
        ("eq", "year", "2024", False),
        ("eq", "draft", False, True),
        ("ne", "team", "sales", False),
        ("ne", "team", "legal", True),
        ("gt", "year", 2023, True),
        ("gt", "year", 2024, False),
        ("gte", "year", 2024, True),
        ("gte", "year", 2025, False),
        ("lt", "year", 2025, True),
        ("lt", "year", 2024, False),
        ("lte", "year", 2024, True),
        ("lte", "year", 2023, False),
        ("lt", "price", 10, True),
        ("gt", "team", "a", True),
        ("lte", "team", "sales", True),
        ("in", "team", ["legal", "sales"], True),
        ("in", "team", ["legal"], False),
        ("eq", "note", None, True),
        ("ne", "note", None, False),
        ("in", "note", [None, 1], True),
        ("nin", "note", [None], False),
        ("eq", "team", None, False),
        ("eq", "absent", None, False),
        ("ne", "absent", None, True),
        ("gt", "flag", 0, False),
        ("lte", "draft", 0, False),
        ("nin", "team", ["legal"], True),
        ("nin", "team", ["legal", "sales"], False),
        ("in", "year", [2023, 2024], True),
        ("eq", "draft", 0, False),
        ("ne", "draft", 0, True),
        ("in", "draft", [0, 1], False),
        ("nin", "draft", [0], True),
        ("eq", "flag", 1, False),
        ("eq", "flag", True, True),
        ("eq", "count", True, False),
        ("eq", "count", 1, True),
        ("eq", "count", 1.0, True),
        ("contains", "tags", "red", True),
        ("contains", "tags", "re", False),
        ("contains", "tags", 1, True),
        ("contains", "tags", True, True),
        ("contains", "tags", 2, False),
        ("contains", "tags", False, False),
        ("contains", "team", "ale", True),
        ("contains", "team", "Ale", False),
        ("contains", "year", 2024, False),
        ("contains", "note", "x", False),
        ("contains", "absent", "x", False),
        ("eq", "tags", "red", False),
        ("ne", "tags", "red", True),
        ("in", "tags", ["red"], False),
        ("gt", "tags", "a", False),
    ],
)
def test_each_operator_compares_as_it_says(operator: str, key: str, value: Any, expected: bool) -> None:
    assert _parse({"type": operator, "key": key, "value": value}).matches(_ATTRIBUTES) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("eq", False),
        ("gt", False),
        ("gte", False),
        ("lt", False),
        ("lte", False),
        ("ne", True),
        ("nin", True),
        ("in", False),
    ],
)
def test_a_missing_key_passes_only_what_denies(operator: str, expected: bool) -> None:
    value = [1] if operator in ("in", "nin") else 1
    assert _parse({"type": operator, "key": "absent", "value": value}).matches(_ATTRIBUTES) is expected
    assert _parse({"type": operator, "key": "note", "value": value}).matches(_ATTRIBUTES) is expected


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte"])
@pytest.mark.parametrize(("key", "value"), [("team", 5), ("year", "2024"), ("note", "x")])
def test_types_that_do_not_compare_never_pass(operator: str, key: str, value: Any) -> None:
    assert not _parse({"type": operator, "key": key, "value": value}).matches(_ATTRIBUTES)


def test_filters_nest() -> None:
    sales = {"type": "eq", "key": "team", "value": "sales"}
    old = {"type": "lt", "key": "year", "value": 2020}
    cheap = {"type": "lt", "key": "price", "value": 10}

    assert not _parse({"type": "and", "filters": [sales, old]}).matches(_ATTRIBUTES)
    assert _parse({"type": "or", "filters": [sales, old]}).matches(_ATTRIBUTES)
    nested = {"type": "and", "filters": [sales, {"type": "or", "filters": [old, cheap]}]}
    assert _parse(nested).matches(_ATTRIBUTES)
    assert not _parse(nested).matches({**_ATTRIBUTES, "price": 20})


@pytest.mark.parametrize(
    "content",
    [
        {"type": "like", "key": "team", "value": "s"},
        {"type": "eq", "key": "team"},
        {"type": "eq", "key": "team", "value": "s", "extra": 1},
        {"type": "eq", "key": "k" * 65, "value": 1},
        {"type": "and", "filters": []},
        {"type": "eq", "key": "team", "value": {"a": 1}},
        {"type": "in", "key": "team", "value": "sales"},
        {"type": "nin", "key": "team", "value": None},
        {"type": "in", "key": "team", "value": ["sales", ["legal"]]},
        {"type": "eq", "key": "team", "value": ["sales"]},
        {"type": "ne", "key": "team", "value": []},
        {"type": "gt", "key": "year", "value": [1, 2]},
        {"type": "lte", "key": "year", "value": None},
        {"type": "lt", "key": "draft", "value": True},
        {"type": "eq", "key": 5, "value": 1},
        {"type": "contains", "key": "tags", "value": None},
        {"type": "contains", "key": "tags", "value": ["red"]},
    ],
)
def test_a_filter_of_another_shape_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _parse(content)


def test_filters_reach_the_metadata_and_the_document_itself(
    store: Store, domain: Domain, settings: RetrieverSettings, add: Callable[..., Document]
) -> None:
    first = add("a.txt", "one\nshared", {"year": 2023})
    second = add("b.txt", "two\nshared", {"year": 2024, "title": "hidden by the real one"})

    def passing(condition: Filter) -> tuple[int, set[str]]:
        texts, documents = allowed_texts(store, domain.id, settings.chunker.passage_set, condition)
        return len(texts), documents

    assert passing(Comparison(type="eq", key="year", value=2023)) == (2, {first.id})
    assert passing(Comparison(type="eq", key="external_id", value="b.txt")) == (2, {second.id})
    assert passing(Comparison(type="eq", key="title", value="b.txt")) == (2, {second.id})
    assert passing(Comparison(type="gte", key="created_at", value=first.created_at)) == (3, {first.id, second.id})
    assert passing(Comparison(type="eq", key="year", value=1999)) == (0, set())
    assert passing(Comparison(type="eq", key="version", value=1)) == (0, set())
    assert passing(Comparison(type="eq", key="status", value="searchable")) == (0, set())
    assert passing(Comparison(type="eq", key="id", value=first.id)) == (0, set())
    both = [Comparison(type="eq", key="year", value=year) for year in (2023, 2024)]
    assert passing(Compound(type="or", filters=[*both])) == (3, {first.id, second.id})


def test_filters_do_not_reach_other_domains_or_passage_sets(
    store: Store, domain: Domain, settings: RetrieverSettings, add: Callable[..., Document]
) -> None:
    add("a.txt", "one", {"year": 2023})
    everything = Comparison(type="ne", key="year", value=0)

    assert allowed_texts(store, "dom_other", settings.chunker.passage_set, everything) == (set(), set())
    assert allowed_texts(store, domain.id, "set_other", everything)[0] == set()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), [1.0, float("nan")]])
def test_a_number_that_is_not_finite_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        _parse({"type": "eq", "key": "year", "value": value})


_STORED = [
    *(
        0,
        1,
        -1,
        2024,
        2**53,
        2**53 + 1,
        2**63,
        10**400,
        0.1 + 0.2,
        5.0,
        4.999999999999999,
        5.000000000000001,
        -0.0,
        1e300,
    ),
    *([], ["a"], [1, "ab", True], ["[1]"], "[1]", '["a"]'),
    *(True, False, None, "", "1", "2024", "a", "A", "ab", "a\0b", "名", "é", "🙂", 'a"b', "a\\b", "true"),
]
_PLAIN = [value for value in _STORED if not isinstance(value, list)]
_SCALARS = st.sampled_from(_PLAIN)
_ORDERED = st.sampled_from([value for value in _PLAIN if value is not None and not isinstance(value, bool)])
_PARTS = st.sampled_from([value for value in _PLAIN if value is not None])
_KEYS = st.sampled_from(["k", "other key", "名", 'q"uote', "title", "external_id", "created_at", "absent"])


def _comparisons() -> st.SearchStrategy[Comparison]:
    equal = st.builds(Comparison, type=st.sampled_from(["eq", "ne"]), key=_KEYS, value=_SCALARS)
    ordered = st.builds(Comparison, type=st.sampled_from(["gt", "gte", "lt", "lte"]), key=_KEYS, value=_ORDERED)
    several = st.lists(_SCALARS, max_size=4)
    among = st.builds(Comparison, type=st.sampled_from(["in", "nin"]), key=_KEYS, value=several)
    return equal | ordered | among | st.builds(Comparison, type=st.just("contains"), key=_KEYS, value=_PARTS)


_FILTERS = st.recursive(
    _comparisons(),
    lambda inner: st.builds(
        Compound, type=st.sampled_from(["and", "or"]), filters=st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


def test_the_database_leaves_out_only_what_does_not_pass(
    store: Store, domain: Domain, settings: RetrieverSettings, add: Callable[..., Document]
) -> None:
    for number, value in enumerate(_STORED):
        add(f"{number}", f"text {number}", {"k": value, "other key": value, "名": value, 'q"uote': value})
    add("nan", "text of nan", {"k": float("nan")})
    documents = list_documents(store, domain.id)

    @hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_FILTERS)
    def check(condition: Filter) -> None:
        texts, found = allowed_texts(store, domain.id, settings.chunker.passage_set, condition)
        expected = {each.id for each in documents if condition.matches(attributes(each.metadata, each))}
        assert found == expected
        assert len(texts) == len(expected)

    check()


def test_filters_of_many_values_are_judged_too(
    store: Store, domain: Domain, settings: RetrieverSettings, add: Callable[..., Document]
) -> None:
    first = add("a.txt", "one", {"year": 2023})
    long = Comparison(type="in", key="year", value=list(range(10_000)))
    wide = Compound(type="or", filters=[Comparison(type="eq", key="year", value=year) for year in range(2000, 2100)])
    nested = Compound(type="and", filters=[wide] * 30)

    for condition in (long, wide, nested):
        assert allowed_texts(store, domain.id, settings.chunker.passage_set, condition)[1] == {first.id}
