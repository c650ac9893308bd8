"""Domains over HTTP."""

from __future__ import annotations

import httpx
import pytest
from serving import Served

from service.settings import Settings


def test_a_domain_is_created_listed_changed_and_deleted(http: httpx.Client) -> None:
    created = http.post("/v1/domains", json={"name": "tea", "description": "leaves", "metadata": {"team": "blue"}})
    assert created.status_code == 201
    domain = created.json()
    assert set(domain) == {
        "id", "object", "name", "description", "metadata", "release", "documents", "passages", "created_at",
    }  # fmt: skip
    assert [each["name"] for each in http.get("/v1/domains").json()["data"]] == ["default", "tea"]

    changed = http.patch("/v1/domains/tea", json={"description": "green leaves"}).json()

    assert (changed["description"], changed["metadata"]) == ("green leaves", {"team": "blue"})
    assert http.delete("/v1/domains/tea").json() == {"id": domain["id"], "object": "domain", "deleted": True}
    assert http.get("/v1/domains/tea").status_code == 404


def test_an_empty_data_folder_gets_a_default_domain_and_only_then(served: Served, settings: Settings) -> None:
    with served(settings) as url, httpx.Client(base_url=url) as http:
        (domain,) = http.get("/v1/domains").json()["data"]
        assert domain["name"] == "default"
        assert http.post("/query", json={"question": "Who?"}).json()["abstained"] is True
        http.post("/v1/domains", json={"name": "tea"})
        http.delete("/v1/domains/default")

    with served(settings) as url:
        assert [each["name"] for each in httpx.get(f"{url}/v1/domains").json()["data"]] == ["tea"]


def test_a_taken_name_is_a_final_conflict(http: httpx.Client) -> None:
    answer = http.post("/v1/domains", json={"name": "default"})

    assert answer.status_code == 409
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"]["code"] == "domain_exists"


@pytest.mark.parametrize("name", ["", "Tea", "-tea", "tea/../x", "t" * 64, "茶"])
def test_a_name_outside_the_rules_is_refused(http: httpx.Client, name: str) -> None:
    answer = http.post("/v1/domains", json={"name": name})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "name"


def test_domains_do_not_see_each_other(filled: httpx.Client) -> None:
    filled.post("/v1/domains", json={"name": "other"})
    document = filled.get("/v1/domains/default/documents").json()["data"][0]

    found = filled.post("/v1/domains/other/search", json={"query": "How much is a ticket?"}).json()

    assert found["data"] == []
    assert filled.get(f"/v1/domains/other/documents/{document['id']}").status_code == 404


def test_a_deleted_domain_takes_its_documents_along(filled: httpx.Client) -> None:
    assert filled.delete("/v1/domains/default").status_code == 200
    assert filled.post("/v1/domains", json={"name": "default"}).status_code == 201

    assert filled.get("/v1/domains/default").json()["passages"] == 0
    assert filled.post("/v1/domains/default/search", json={"query": "ticket"}).json()["data"] == []


def test_a_data_set_is_imported_listed_and_deleted(filled: httpx.Client) -> None:
    line = '{"question": "What is the fare?", "answers": ["12 crowns"], "documents": ["ferry.md"], "split": "test"}\n'
    created = filled.post("/v1/domains/default/datasets", data={"name": "faq"}, files={"file": ("faq.jsonl", line)})

    assert created.status_code == 201
    dataset = created.json()
    assert (dataset["kind"], dataset["origin"], dataset["counts"]) == ("qa", "human", {"test": 1})
    for name in (dataset["id"], "faq"):
        assert filled.get(f"/v1/domains/default/datasets/{name}").json() == dataset
    assert filled.get("/v1/domains/default/datasets/ds_none").status_code == 404
    examples = filled.get(f"/v1/domains/default/datasets/{dataset['id']}/examples").json()["data"]
    assert [example["content"]["question"] for example in examples] == ["What is the fare?"]
    again = filled.post("/v1/domains/default/datasets", data={"name": "faq"}, files={"file": ("faq.jsonl", line)})
    assert again.status_code == 409
    assert filled.delete("/v1/domains/default/datasets/faq").json()["deleted"] is True
    assert filled.get("/v1/domains/default/datasets").json()["data"] == []


def test_a_bad_data_set_names_its_lines_and_stores_nothing(filled: httpx.Client) -> None:
    lines = '{"question": "x", "answers": []}\nno json\n{"question": "y", "answers": [], "documents": ["nope.md"]}\n'

    answer = filled.post("/v1/domains/default/datasets", data={"name": "faq"}, files={"file": ("faq.jsonl", lines)})

    assert answer.status_code == 400
    assert "line 2" in answer.json()["error"]["message"]
    assert "line 3" in answer.json()["error"]["message"]
    assert filled.get("/v1/domains/default/datasets").json()["data"] == []
