"""What is said of a request that is refused: which field, what was wanted, and in the words of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from light import light_client
from starlette.testclient import TestClient

from store.store import Store

DOCUMENTS = "/v1/domains/default/documents"
SEARCH = "/v1/domains/default/search"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server in which nothing is looked for."""
    home = tmp_path_factory.mktemp("refusals") / "home"
    store = Store.open(home)
    yield light_client(home, store)
    store.close()


@pytest.mark.parametrize(
    ("path", "body", "param", "said"),
    [
        (SEARCH, {"query": ""}, "query", "at least 1 character"),
        (SEARCH, {"query": 5}, "query", "must be a string, not the number 5"),
        (SEARCH, {"query": None}, "query", "must be a string, not null"),
        (SEARCH, {}, "query", "query is missing"),
        (SEARCH, [], None, "must be a JSON object, not a list"),
        (SEARCH, {"query": "x", "top_k": "3"}, "top_k", "must be a whole number, not '3'"),
        (SEARCH, {"query": "x", "top_k": True}, "top_k", "must be a whole number, not true"),
        (SEARCH, {"query": "x", "rerank": "yes"}, "rerank", "must be true or false, not 'yes'"),
        (SEARCH, {"query": "x", "rerank": 1}, "rerank", "must be true or false, not the number 1"),
        (SEARCH, {"query": "x", "mode": "best"}, "mode", "must be 'hybrid', 'dense' or 'lexical', not 'best'"),
        (SEARCH, {"query": "x", "topk": 3}, "topk", "is no field"),
        ("/query", {"question": "x", "history": [{"role": "user"}]}, "history.0.content", "is missing"),
        ("/query", {"question": "x", "history": ["hi"]}, "history.0", "must be a JSON object, not 'hi'"),
        ("/v1/jobs", {"kind": "ingest", "domain": "default", "params": {"x": 1}}, "params.x", "is no field"),
        ("/v1/jobs", {"kind": "tune_generator", "domain": "default"}, "params.dataset", "is missing"),
        ("/v1/domains", {"name": "x", "metadata": {"str": [None]}}, "metadata.str", "of these but null, not a list"),
        ("/v1/domains", {"name": "x", "metadata": {"a": {"b": 1}}}, "metadata.a", "not an object"),
        ("/v1/domains", {"name": "x", "metadata": {"a": "x" * 513}}, "metadata.a", "not a string of 513 characters"),
        ("/v1/domains", {"name": "x", "metadata": {"a": "\x00"}}, "metadata.a", "NUL"),
        ("/v1/domains", {"name": "x", "metadata": "a"}, "metadata", "must be a JSON object, not 'a'"),
        ("/v1/domains", {"name": 5}, "name", "must be a string"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_was_wanted(
    client: TestClient, path: str, body: Any, param: str | None, said: str
) -> None:
    answer = client.post(path, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, "invalid_value")
    assert said in error["message"]
    assert not re.search(r"instance|Body|New[A-Z]|dictionary|Model|\n", error["message"])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_json_does_not_have_is_named_in_metadata(client: TestClient, number: str) -> None:
    body = f'{{"documents": [{{"external_id": "g2", "text": "x", "metadata": {{"x": {number}}}}}]}}'

    answer = client.post(DOCUMENTS, content=body, headers=JSON)

    assert answer.json()["error"]["param"] == "documents.0.metadata.x"
    assert "a finite number" in answer.json()["error"]["message"]


def test_a_bad_item_of_a_batch_keeps_its_own_name(client: TestClient) -> None:
    items = [{"external_id": "g1", "text": "x"}, {"external_id": "g2", "text": "y", "metadata": {"x": {"y": 1}}}, {}]

    found = client.post(DOCUMENTS, json={"documents": items}).json()["data"]

    assert [(item["external_id"], item["result"]) for item in found] == [
        ("g1", "created"),
        ("g2", "failed"),
        ("documents.2", "failed"),
    ]
    assert found[1]["error"]["message"].startswith("documents.1.metadata.x must be")


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"external_id": "\x00", "text": "x"}, "external_id"),
        ({"title": "a\x00b", "text": "x"}, "title"),
        ({"text": "x", "metadata": {"\x00": 1}}, "metadata.\x00"),
        ({"text": "x", "metadata": {"k" * 65: 1}}, f"metadata.{'k' * 65}"),
        ({"text": "x", "metadata": {"a": "\x00"}}, "metadata.a"),
        ({"title": "x" * 1001, "text": "x"}, "title"),
        ({"external_id": "x" * 513, "text": "x"}, "external_id"),
    ],
)
def test_what_cannot_be_kept_is_refused(client: TestClient, item: dict[str, Any], param: str) -> None:
    answer = client.post(DOCUMENTS, json={"documents": [item]})

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, f"documents.0.{param}")


@pytest.mark.parametrize("field", ["external_id", "title", "text"])
def test_half_of_a_surrogate_pair_is_refused_and_not_replaced(client: TestClient, field: str) -> None:
    item = json.dumps({"external_id": "a", "title": "T", "text": "x"} | {field: "a\ud83d"})

    answer = client.post(DOCUMENTS, content=f'{{"documents": [{item}]}}', headers=JSON)

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, f"documents.0.{field}")
    assert "surrogate" in answer.json()["error"]["message"]


def test_a_body_that_does_not_say_that_it_is_json_is_told_how_to(client: TestClient) -> None:
    for path in (SEARCH, DOCUMENTS, "/v1/domains"):
        for kind in ({}, {"content-type": "application/x-www-form-urlencoded"}, {"content-type": "text/plain"}):
            answer = client.post(path, content=b'{"query": "x"}', headers=kind)

            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_media_type")
            assert "application/json" in answer.json()["error"]["message"]


def test_a_compressed_body_is_an_unsupported_media_type(client: TestClient) -> None:
    for path in (SEARCH, DOCUMENTS):
        answer = client.post(path, content=b"\x1f\x8b\x08", headers={**JSON, "content-encoding": "gzip"})

        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
        assert "gzip" in answer.json()["error"]["message"]


def test_an_upload_that_cannot_be_json_is_refused(client: TestClient) -> None:
    before = client.get(DOCUMENTS).json()["data"]
    deep = b'{"documents": ' + b"[" * 100_000
    huge = b'{"documents": [{"text": "x", "metadata": {"n": ' + b"9" * 5000 + b"}}]}"
    twice = b'{"documents": [{"text": "a", "text": "b"}]}'
    for body in (deep, huge, twice):
        answer = client.post(DOCUMENTS, content=body, headers=JSON)

        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    assert client.get(DOCUMENTS).json()["data"] == before


def test_a_field_that_a_form_does_not_have_is_refused(client: TestClient) -> None:
    for data in ({"title": "x"}, {"files": "text"}, {"external_id": ["a", "b"]}, {"metadata": '{"a": 1, "a": 2}'}):
        answer = client.post(DOCUMENTS, files={"files": ("a.md", b"x")}, data=data)

        assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(data)))


@pytest.mark.parametrize("name", ["../x.md", "a\\b.md", "/etc/x.md", "C:\\x.md", "a/b/../c.md"])
def test_a_file_name_is_only_ever_a_name(client: TestClient, name: str) -> None:
    home = client.app.app.app.state.runtime.store.folder.root  # type: ignore[attr-defined]
    (item,) = client.post(DOCUMENTS, files={"files": (name, b"A fact.")}).json()["data"]

    assert item["result"] == "created"
    found = client.get(DOCUMENTS, params={"external_id": item["external_id"]}).json()["data"]
    assert [each["id"] for each in found] == [item["document"]["id"]]
    assert list(home.parent.rglob("*.md")) == []
