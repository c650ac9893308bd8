"""Every list in pages and orders, and parameters that would have no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from light import light_client
from starlette.testclient import TestClient

from store.store import Store

BASE = "/v1/domains/default"
EXAMPLES = f"{BASE}/datasets/faq/examples"
LISTS = ("/v1/domains", f"{BASE}/documents", f"{BASE}/documents/a/versions", f"{BASE}/datasets", EXAMPLES,
         f"{BASE}/releases", "/v1/jobs", "/v1/models", "/v1/evaluations")  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server with a document of three versions and a data set of five examples."""
    home = tmp_path_factory.mktemp("lists") / "home"
    store = Store.open(home)
    opened = light_client(home, store)
    for text in ("one", "two", "three"):
        opened.post(f"{BASE}/documents?wait=true", json={"documents": [{"external_id": "a", "text": text}]})
    lines = "\n".join(json.dumps({"question": f"Question {n}?", "answers": ["x"]}) for n in range(5))
    imported = opened.post(f"{BASE}/datasets", data={"name": "faq"}, files={"file": ("faq.jsonl", lines)})
    assert imported.status_code == 201, imported.text
    yield opened
    store.close()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("wrong", ["before=x", "limit=2&foo=1", "limit=1&limit=2", "Limit=2", "sort=asc"])
def test_a_parameter_that_has_no_effect_is_refused(client: TestClient, path: str, wrong: str) -> None:
    answer = client.get(f"{path}?{wrong}")

    name = next(part.split("=")[0] for part in reversed(wrong.split("&")))
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, name)
    if wrong != "limit=1&limit=2":
        assert (error["code"], "limit, after, order" in error["message"]) == ("unknown_parameter", True)


def test_calls_that_are_no_lists_refuse_unknown_parameters_too(client: TestClient) -> None:
    text = {"documents": [{"external_id": "b", "text": "x"}]}
    answers = [
        client.post(f"{BASE}/documents?waiting=true", json=text),
        client.post("/documents?Wait=true", json=text),
        client.post(f"{BASE}/search?top_k=3", json={"query": "x"}),
        client.post("/query?stream=true", json={"question": "x"}),
        client.get(f"{BASE}/documents/a/text?versoin=1"),
        client.delete(f"{BASE}/documents/a?force=true"),
        client.get("/v1/domains/default?x=1"),
    ]

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [
        (400, "unknown_parameter")
    ] * len(answers)
    assert "it takes version" in answers[4].json()["error"]["message"]
    assert "it takes none" in answers[5].json()["error"]["message"]
    assert [each["external_id"] for each in client.get(f"{BASE}/documents").json()["data"]] == ["a"]


@pytest.mark.parametrize(
    ("path", "name"),
    [(f"{BASE}/documents", "status"), ("/v1/jobs", "status"), ("/v1/jobs", "kind"), ("/v1/models", "kind")],
)
def test_a_value_that_nothing_can_have_is_refused(client: TestClient, path: str, name: str) -> None:
    answer = client.get(path, params={name: "foo"})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)
    assert "must be '" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("order", "numbers"), [("asc", [0, 1, 2, 3, 4]), ("desc", [4, 3, 2, 1, 0]), (None, [0, 1, 2, 3, 4])]
)
def test_examples_come_in_pages(client: TestClient, order: str | None, numbers: list[int]) -> None:
    found: list[str] = []
    params: dict[str, Any] = {"limit": 2} | ({"order": order} if order else {})
    sizes = []
    while True:
        page = client.get(EXAMPLES, params=params).json()
        sizes.append(len(page["data"]))
        found += [example["content"]["question"] for example in page["data"]]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["key"], page["data"][-1]["key"])
        if not page["has_more"]:
            break
        params["after"] = page["last_id"]

    assert found == [f"Question {number}?" for number in numbers]
    assert sizes == [2, 2, 1]
    assert client.get(EXAMPLES, params={"after": "nothing"}).status_code == 404
    assert client.get(EXAMPLES, params={"limit": 0}).status_code == 400


def test_versions_come_in_pages(client: TestClient) -> None:
    path = f"{BASE}/documents/a/versions"

    page = client.get(path, params={"limit": 2}).json()
    rest = client.get(path, params={"limit": 2, "after": "2"}).json()

    assert [[each["version"] for each in answer["data"]] for answer in (page, rest)] == [[3, 2], [1]]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert [each["version"] for each in client.get(path, params={"order": "asc"}).json()["data"]] == [1, 2, 3]


def test_the_orders_of_lists_are_told_in_one_place(client: TestClient) -> None:
    assert "`order` is that of creation" in client.get("/openapi.json").json()["info"]["description"]


@pytest.mark.parametrize(
    "condition",
    ["{}", "5", "[]", "{", '{"type": "eq", "key": "a"}', '{"type": "eq", "key": "a", "value": [1]}',
     '{"type": "in", "key": "a", "value": 1}', '{"type": "like", "key": "a", "value": 1}',
     '{"type": "and", "filters": [{"type": "gt", "key": "a", "value": null}]}'],
)  # fmt: skip
def test_a_filter_that_cannot_work_is_refused_in_one_line(client: TestClient, condition: str) -> None:
    listed = client.get(f"{BASE}/documents", params={"filter": condition})
    answers = [listed]
    if condition != "{":
        answers.append(client.post(f"{BASE}/search", json={"query": "x", "filters": json.loads(condition)}))

    for answer, name in zip(answers, ("filter", "filters"), strict=False):
        error = answer.json()["error"]
        assert answer.status_code == 400
        assert error["param"].startswith(name)
        assert "\n" not in error["message"]
        assert "pydantic" not in error["message"]


def test_null_can_be_looked_for(client: TestClient) -> None:
    text = {"external_id": "null", "text": "nothing", "metadata": {"owner": None}}
    client.post(f"{BASE}/documents?wait=true", json={"documents": [text]})

    for condition in ({"type": "eq", "key": "owner", "value": None}, {"type": "in", "key": "owner", "value": [None]}):
        found = client.get(f"{BASE}/documents", params={"filter": json.dumps(condition)}).json()["data"]
        assert [each["external_id"] for each in found] == ["null"]
    client.delete(f"{BASE}/documents/null")


def test_the_default_domain_comes_back_with_the_first_call_that_needs_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "home")
    client = light_client(tmp_path / "home", store)
    for path, body in (("/query", {"question": "Who?"}), ("/documents", {"documents": [{"text": "A fact."}]})):
        assert client.delete(BASE).status_code == 200
        assert client.get(BASE).status_code == 404

        assert client.post(path, json=body).status_code in (200, 202)

        assert client.get(BASE).status_code == 200
    store.close()
