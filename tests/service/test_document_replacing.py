"""Replacing a document: a bad new version changes nothing, and what is told is what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from light import light_client
from starlette.testclient import TestClient

from store.documents import delete_document, get_document
from store.domains import get_domain
from store.store import Store

BASE = "/v1/domains/default/documents"
SEARCH = "/v1/domains/default/search"
JSON = {"content-type": "application/json"}


GATE = {"external_id": "gate", "title": "Gate", "text": "The gate opens at nine.", "metadata": {"year": 1}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server."""
    home = tmp_path_factory.mktemp("replacing") / "home"
    store = Store.open(home)
    yield light_client(home, store)
    store.close()


@pytest.fixture
def client(served: TestClient) -> TestClient:
    """The same with one document, `gate`, whatever was before."""
    for document in served.get(BASE).json()["data"]:
        served.delete(f"{BASE}/{document['id']}")
    assert served.post(f"{BASE}?wait=true", json={"documents": [GATE]}).status_code == 200
    return served


def _hits(client: TestClient, query: str) -> list[tuple[str, str, str]]:
    found = client.post(SEARCH, json={"query": query, "mode": "lexical"}).json()["data"]
    return [(hit["title"], hit["heading"], hit["text"]) for hit in found]


def _bodies() -> dict[str, tuple[int, dict[str, Any]]]:
    """Requests that are no new version of `gate`: the expected status, and what is sent."""
    texts: dict[str, tuple[int, Any]] = {
        "a number": (400, [{"text": 5}]),
        "no text": (400, [{"title": "Gate"}]),
        "no object": (400, ["The gate opens at ten."]),
        "bad metadata": (400, [{"text": "x", "metadata": {"a": [None]}}]),
        "unknown field": (400, [{"text": "x", "path": "y"}]),
        "another name": (400, [{"text": "x", "external_id": "door"}]),
        "none": (400, []),
        "two": (400, [{"text": "x"}, {"text": "y"}]),
        "an empty text": (422, [{"text": ""}]),
        "white space": (422, [{"text": " \n\u3000"}]),
    }
    files: dict[str, tuple[int, Any]] = {
        "another type": (422, {"files": ("gate.exe", b"MZ")}),
        "an empty file": (422, {"files": ("gate.md", b"")}),
        "torn UTF-16": (422, {"files": ("gate.md", b"\xff\xfe\x00")}),
    }
    raw = {"half a pair": (400, b'{"documents": [{"text": "\\ud800"}]}'), "no JSON": (400, b"{"),
           "text twice": (400, b'{"documents": [{"text": "x", "text": "y"}]}')}  # fmt: skip
    return (
        {name: (status, {"json": {"documents": items}}) for name, (status, items) in texts.items()}
        | {name: (status, {"files": parts}) for name, (status, parts) in files.items()}
        | {name: (status, {"content": data, "headers": JSON}) for name, (status, data) in raw.items()}
        | {"another name in a form": (400, {"files": {"files": ("a.md", b"x")}, "data": {"external_id": "door"}})}
    )


@pytest.mark.parametrize("name", _bodies())
def test_what_is_no_new_version_is_refused_and_changes_nothing(client: TestClient, name: str) -> None:
    before = client.get(f"{BASE}/gate").json()
    status, body = _bodies()[name]

    answer = client.put(f"{BASE}/gate", params={"wait": True}, **body)

    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert client.get(f"{BASE}/gate").json() == before
    assert client.get(f"{BASE}/gate/text").text == "The gate opens at nine."
    assert len(client.get(f"{BASE}/gate/versions").json()["data"]) == 1
    assert _hits(client, "gate opens") == [("Gate", "Gate", "The gate opens at nine.")]


def test_a_new_version_may_name_its_document_and_keeps_what_it_does_not_name(client: TestClient) -> None:
    for number, text in enumerate(
        [{"text": "It opens at ten."}, {"text": "It opens at eleven.", "external_id": "gate"}]
    ):
        (item,) = client.put(f"{BASE}/gate?wait=true", json={"documents": [text]}).json()["data"]

        assert (item["result"], item["external_id"], item["document"]["version"]) == ("updated", "gate", number + 2)
        assert (item["document"]["title"], item["document"]["metadata"]) == ("Gate", {"year": 1})
        assert _hits(client, "opens") == [("Gate", "Gate", text["text"])]


def test_a_document_that_is_deleted_meanwhile_is_not_made_anew(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import service.wire.tandem.routes.documents as routes

    def found_and_then_deleted(given: Store, domain_id: str, name: str) -> Any:
        document = get_document(given, domain_id, name)
        delete_document(given, domain_id, document.id)
        return document

    monkeypatch.setattr(routes, "get_document", found_and_then_deleted)
    answer = client.put(f"{BASE}/gate", json={"documents": [{"text": "The gate is shut."}]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "document_not_found")
    assert client.get(BASE).json()["data"] == []


def test_a_new_title_of_the_same_text_is_shown_and_found_and_the_old_one_is_not(client: TestClient) -> None:
    text = {"external_id": "gate", "title": "Portal", "text": "The gate opens at nine."}

    (item,) = client.post(f"{BASE}?wait=true", json={"documents": [text]}).json()["data"]

    assert (item["result"], item["document"]["version"], item["document"]["status"]) == ("updated", 1, "searchable")
    assert _hits(client, "portal") == [("Portal", "Portal", "The gate opens at nine.")]
    assert len(_hits(client, "gate")) == 1
    assert [content for content in _contents(client) if "Gate" in content] == []
    again = client.post(f"{BASE}?wait=true", json={"documents": [text]}).json()["data"][0]
    assert (again["result"], again["document"]) == ("unchanged", item["document"])


def _contents(client: TestClient) -> list[str]:
    """Return what is embedded and indexed."""
    from store.passages import live_texts, read_contents

    runtime = client.app.app.app.state.runtime  # type: ignore[attr-defined]
    domain = get_domain(runtime.store, "default")
    passage_set = runtime.settings.retriever.chunker.passage_set
    live = live_texts(runtime.store, domain.id, passage_set).live
    return [content for _, content in read_contents(runtime.store, live)]


def test_the_same_bytes_as_another_type_are_cut_again(client: TestClient) -> None:
    seen: set[str] = set()
    for name in ("a.txt", "a.md", "a.txt"):
        parts = {"files": (name, b"# Ferry\n\nIt *sails* at noon.")}
        (item,) = client.post(f"{BASE}?wait=true", files=parts, data={"external_id": "a"}).json()["data"]

        assert item["document"]["version"] == 1
        (found,) = client.post(SEARCH, json={"query": "sails", "mode": "lexical"}).json()["data"]
        assert found["passage_id"] not in seen  # cut anew
        seen.add(found["passage_id"])


def test_new_metadata_of_the_same_text_hold_for_filters_at_once(client: TestClient) -> None:
    text = {"external_id": "gate", "text": "The gate opens at nine.", "metadata": {"year": 2}}

    (item,) = client.post(BASE, json={"documents": [text]}).json()["data"]

    assert (item["result"], item["document"]["title"]) == ("updated", "Gate")
    for year, count in ((1, 0), (2, 1)):
        condition = {"type": "eq", "key": "year", "value": year}
        found = client.post(SEARCH, json={"query": "gate", "filters": condition}).json()["data"]
        listed = client.get(BASE, params={"filter": json.dumps(condition)}).json()["data"]
        assert (len(found), len(listed)) == (count, count)


def test_of_two_contents_under_one_name_in_one_upload_the_second_is_told_that_it_was_not_taken(
    client: TestClient,
) -> None:
    texts = [
        {"external_id": "a", "text": "One."},
        {"external_id": "a", "text": "Two."},
        {"external_id": "a", "text": "One."},
        {"external_id": "a", "text": "One.", "title": "A"},
    ]
    items = client.post(f"{BASE}?wait=true", json={"documents": texts}).json()["data"]

    assert [item["result"] for item in items] == ["created", "failed", "unchanged", "failed"]
    assert items[1]["error"]["code"] == "duplicate_external_id"
    assert client.get(f"{BASE}/a/text").text == "One."

    files = [("files", ("x.md", b"One.")), ("files", ("x.md", b"Two."))]
    assert [item["result"] for item in client.post(BASE, files=files).json()["data"]] == ["created", "failed"]


def test_an_encoding_that_is_a_guess_is_told_with_the_upload(client: TestClient) -> None:
    parts = [("files", (name, text)) for name, text in (("a.txt", "전화번호".encode("cp949")), ("b.txt", b"A fact."))]

    items = client.post(BASE, files=parts).json()["data"]

    assert "gb18030" in items[0]["warning"]
    assert items[1]["warning"] is None


def test_what_is_only_known_once_a_document_was_read_is_told_to_who_waits(client: TestClient) -> None:
    parts = [("files", (name, text)) for name, text in (("a.json", b'{"fee": 12,'), ("b.json", b'{"fee": 12}'))]

    items = client.post(f"{BASE}?wait=true", files=parts).json()["data"]

    assert "no valid JSON" in items[0]["warning"]
    assert items[1]["warning"] is None


def test_a_guess_is_told_once_to_who_waits(client: TestClient) -> None:
    part = ("files", ("a.txt", "전화번호".encode("cp949")))

    (item,) = client.post(f"{BASE}?wait=true", files=[part]).json()["data"]

    assert item["warning"].count("gb18030") == 1
