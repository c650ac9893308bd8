"""Names that try to escape are labels like any others, or are refused; none of them ever becomes part of a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from light import LightRuntime
from starlette.testclient import TestClient

from service.http.app import create_app
from store.store import Store

DOCUMENTS = "/v1/domains/default/documents"
ESCAPING = [
    "..", "../..", "/etc/passwd", "a/../../b", "%2e%2e", "..%2f..%2fetc", "..\\..", "C:\\x", "a\x00b", "CON", "-rf",
    "#x", "?x", "file:///etc/passwd", "~root", "$HOME", "`id`", "\u202egnp.exe", "e\u0301", "é", "K", "ｅ", "x" * 600,
    ".", " ", "\n", "a\r\nb", "LOCK", "tandem.db", "tmp_aaaaaaaaaaaaaaaaaaaa",
]  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server."""
    store = Store.open(tmp_path_factory.mktemp("names") / "inner" / "home")
    runtime = LightRuntime(store.folder.root, store)
    asking = TestClient(create_app(runtime), base_url="http://127.0.0.1")  # type: ignore[arg-type]
    first = {"documents": [{"text": "What the first upload makes beside it is there."}]}
    assert asking.post(DOCUMENTS, json=first).status_code == 202
    yield asking
    store.close()


def tree(client: TestClient) -> dict[str, set[str]]:
    """Return the files beside the data folder and in it; their names there but for hashes, ids and the fixed ones."""
    home: Path = client.app.app.app.state.runtime.store.folder.root  # type: ignore[attr-defined]
    outside = {str(path) for path in home.parent.parent.rglob("*") if home not in path.parents and path != home}
    kept = {path.name for path in home.rglob("*") if path.is_file()}
    odd = {name for name in kept if not (len(name) == 64 and set(name) <= set("0123456789abcdef"))}
    return {"outside": outside, "odd": odd}


def use_everywhere(client: TestClient, name: str) -> list[tuple[str, int, Any]]:
    """Put a name wherever clients name things, in bodies and in paths, and return how each was answered."""
    there = quote(name, safe="")
    text = {"external_id": name, "title": name, "text": f"A fact about {len(name)} things."}
    there = "%2e" if name in {".", ".."} else there  # else the client turns these into an address of something else
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", DOCUMENTS, {"json": {"documents": [text]}}),
        ("POST", DOCUMENTS, {"files": [("files", (name, b"A fact."))]}),
        ("POST", "/v1/domains", {"json": {"name": name}}),
        ("POST", "/v1/domains/default/datasets", {"data": {"name": name}, "files": {"file": (name, b"{}")}}),
        ("POST", "/v1/jobs", {"json": {"kind": "tune_generator", "domain": name, "params": {"dataset": name}}}),
        ("POST", "/v1/domains/default/releases", {"json": {"from": name, "set": {"adapter": name, "reranker": name}}}),
        *(
            (method, path.format(there), {})
            for method, path in (
                ("GET", "/v1/domains/{}"),
                ("GET", "/v1/domains/{}/documents"),
                ("GET", f"{DOCUMENTS}/{{}}/original"),
                ("DELETE", "/v1/models/{}"),
                ("GET", "/v1/evaluations/{}/report.html"),
                ("GET", "/docs/{}"),
                ("DELETE", f"{DOCUMENTS}/{{}}"),
            )
        ),
    ]
    answers = [(f"{method} {path}", client.request(method, path, **how)) for method, path, how in calls]
    return [(call, answer.status_code, answer.text) for call, answer in answers]


@settings(max_examples=15, deadline=None, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.sampled_from(ESCAPING))
@example("../../../../etc/passwd")
@example("..\\..\\secret")
@example("a\x00b")
@example("tandem.db")
def test_no_name_becomes_part_of_a_path(client: TestClient, name: str) -> None:
    before = tree(client)

    answers = use_everywhere(client, name)

    assert [each for each in answers if each[1] >= 500] == []
    assert [text for _, _, text in answers if "root:x:0" in text] == []
    assert tree(client) == before


@pytest.mark.parametrize("name", ESCAPING)
def test_a_name_is_kept_as_it_is_or_refused(client: TestClient, name: str) -> None:
    body = {"documents": [{"external_id": name, "text": f"A fact, {name!r}."}]}
    answer = client.post(DOCUMENTS, json=body)

    if answer.status_code == 422:
        assert answer.json()["error"]["code"] != "internal_error"
        return
    assert answer.status_code in (200, 202), answer.text
    (item,) = answer.json()["data"]
    found = client.get(DOCUMENTS, params={"external_id": name}).json()["data"]
    assert (item["external_id"], [each["id"] for each in found]) == (name, [item["document"]["id"]])


@pytest.mark.parametrize("name", [".", ".."])
def test_a_document_that_an_address_cannot_name_is_refused(client: TestClient, name: str) -> None:
    """Clients resolve it: to delete it would be to delete the domain."""
    answer = client.post(DOCUMENTS, json={"documents": [{"external_id": name, "text": "A fact."}]})

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "external_id")
    assert client.get("/v1/domains/default").status_code == 200


def test_names_that_look_alike_are_different_documents(client: TestClient) -> None:
    names = ["e\u0301-twin", "\u00e9-twin", "E-twin", "e-twin"]
    for number, name in enumerate(names):
        text = {"external_id": name, "text": f"Fact number {number}."}
        assert client.post(DOCUMENTS, json={"documents": [text]}).json()["data"][0]["result"] == "created"

    assert len({client.get(f"{DOCUMENTS}/{quote(name)}").json()["id"] for name in names}) == len(names)


@pytest.mark.parametrize("path", ["/v1/domains/default/", f"{DOCUMENTS}/"])
def test_a_name_that_is_missing_is_not_that_of_what_is_above(client: TestClient, path: str) -> None:
    answer = client.delete(path)  # it would follow where it is sent

    assert (answer.status_code, set(answer.json())) == (404, {"error"})
    assert client.get("/v1/domains/default").status_code == 200
