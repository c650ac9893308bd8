"""Metadata over HTTP: lists and `contains`, keys, edits of one document and of many."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from polling import ended

BASE = "/v1/domains/default"


@pytest.fixture
def tagged(http: httpx.Client) -> httpx.Client:
    """A server with three documents about boats."""
    tags: list[list[object]] = [["red", 1], ["blue"], []]
    texts = [
        {"external_id": f"{number}", "text": f"A boat of kind {number}.", "metadata": {"tags": each, "n": number}}
        for number, each in enumerate(tags)
    ]
    assert http.post(f"{BASE}/documents?wait=true", json={"documents": texts}).status_code == 200
    return http


def found(http: httpx.Client, condition: object) -> list[str]:
    hits = http.post(f"{BASE}/search", json={"query": "boat", "filters": condition}).json()["data"]
    return sorted(hit["external_id"] for hit in hits)


def by_document(http: httpx.Client) -> dict[str, dict[str, Any]]:
    return {hit["document_id"]: hit for hit in http.post(f"{BASE}/search", json={"query": "boat"}).json()["data"]}


def test_a_search_is_limited_to_lists_that_contain_a_value(tagged: httpx.Client) -> None:
    assert found(tagged, {"type": "contains", "key": "tags", "value": "red"}) == ["0"]
    assert found(tagged, {"type": "contains", "key": "tags", "value": 1}) == ["0"]
    assert found(tagged, {"type": "contains", "key": "tags", "value": True}) == []


def test_an_edit_of_many_is_seen_by_the_next_search(tagged: httpx.Client) -> None:
    late = {"type": "gte", "key": "n", "value": 1}
    dry = tagged.post(f"{BASE}/metadata/edit", json={"filter": late, "set": {"tags": ["new"]}, "dry_run": True})
    assert (dry.json()["changed"], found(tagged, {"type": "contains", "key": "tags", "value": "new"})) == (2, [])

    changed = tagged.post(f"{BASE}/metadata/edit", json={"filter": late, "set": {"tags": ["new"]}, "remove": ["n"]})

    assert changed.json() == {"object": "metadata.change", "matched": 2, "changed": 2, "dry_run": False}
    assert found(tagged, {"type": "contains", "key": "tags", "value": "new"}) == ["1", "2"]
    keys = tagged.get(f"{BASE}/metadata").json()
    assert [(each["key"], each["documents"]) for each in keys["data"]] == [("n", 1), ("tags", 3)]
    assert tagged.get(f"{BASE}/metadata", params={"after": keys["first_id"]}).json()["first_id"] == "tags"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"filter": None}, "set"),
        ({"set": {"a": 1}}, "filter"),
        ({"filter": None, "set": {"a": 1}, "remove": ["a"]}, "remove"),
        ({"filter": None, "set": {"a": {"b": 1}}}, "set.a"),
        ({"filter": None, "set": {"a": [None]}}, "set.a"),
        ({"filter": None, "set": {"a": ["x"] * 101}}, "set.a"),
        ({"filter": {"type": "contains", "key": "a", "value": [1]}, "set": {"a": 1}}, "filter.value"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(http: httpx.Client, body: dict[str, object], param: str) -> None:
    answer = http.post(f"{BASE}/metadata/edit", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


def test_a_renamed_and_retitled_document_is_found_under_both(tagged: httpx.Client) -> None:
    before = tagged.get(f"{BASE}/documents/0").json()

    changed = tagged.patch(f"{BASE}/documents/0", json={"external_id": "ship/0", "title": "Zephyr"}).json()
    (job,) = tagged.get("/v1/jobs").json()["data"]
    ended(tagged, job["id"])

    assert (changed["id"], changed["version"], changed["status"]) == (before["id"], 1, "received")
    assert tagged.get(f"{BASE}/documents/0").status_code == 404
    deadline = time.monotonic() + 5
    while before["id"] not in (hits := by_document(tagged)):
        assert time.monotonic() < deadline, "the server did not follow the job's changes"
        time.sleep(0.05)
    assert (hits[before["id"]]["external_id"], hits[before["id"]]["title"]) == ("ship/0", "Zephyr")
    taken = tagged.patch(f"{BASE}/documents/1", json={"external_id": "ship/0"})
    assert (taken.status_code, taken.headers["x-should-retry"]) == (409, "false")
    assert tagged.patch(f"{BASE}/documents/1", json={"title": "a\0b"}).status_code == 400
