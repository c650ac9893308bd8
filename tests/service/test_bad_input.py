"""What can be wrong with a request, by whom it is to be mended: each has a status and a code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from light import LightRuntime
from starlette.testclient import TestClient

from retriever.settings import RetrieverSettings
from service.cli import app
from service.commands.errors import reported
from service.http.app import create_app
from store.store import Store

DOCUMENTS = "/v1/domains/default/documents"
TEXT = {"documents": [{"external_id": "light", "text": "The lighthouse is 40 metres high."}]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server with narrow limits and one document."""
    store = Store.open(tmp_path_factory.mktemp("bad") / "home")
    runtime = LightRuntime(store.folder.root, store, max_body_bytes=10_000)
    narrow = RetrieverSettings(max_document_bytes=1000)
    runtime.settings = runtime.settings.model_copy(update={"retriever": narrow})
    asking = TestClient(create_app(runtime), base_url="http://127.0.0.1")  # type: ignore[arg-type]
    assert asking.post(f"{DOCUMENTS}?wait=true", json=TEXT).status_code == 200
    yield asking
    store.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "param"),
    [
        ("GET", "/v1/domains/nowhere", None, 404, "domain_not_found", "domain"),
        ("POST", "/v1/domains/nowhere/query", {"question": "x"}, 404, "domain_not_found", "domain"),
        ("POST", "/v1/domains/nowhere/search", {"query": "x"}, 404, "domain_not_found", "domain"),
        ("POST", "/v1/domains/nowhere/documents", TEXT, 404, "domain_not_found", "domain"),
        ("GET", "/v1/jobs?domain=nowhere", None, 404, "domain_not_found", "domain"),
        ("POST", "/v1/jobs", {"kind": "ingest", "domain": "nowhere"}, 404, "domain_not_found", "domain"),
        ("POST", "/v1/evaluations", {"domain": "nowhere", "dataset": "x"}, 404, "domain_not_found", "domain"),
        ("POST", "/v1/domains", {"name": "Not A Name"}, 400, "invalid_domain_name", "name"),
        ("POST", "/v1/domains", {"name": "../../etc"}, 400, "invalid_domain_name", "name"),
        ("POST", "/v1/domains", {"name": "x" * 20_000}, 413, "too_large", None),
        ("POST", "/query", {"question": 5}, 400, "invalid_value", "question"),
        ("POST", "/query", {"question": "x", "arm": "none"}, 400, "invalid_value", "arm"),
        ("POST", "/query", {"question": "x", "lang": "en"}, 400, "invalid_value", "lang"),
    ],
)  # fmt: skip
def test_a_request_that_is_wrong_names_what_and_where(
    client: TestClient, method: str, path: str, body: Any, status: int, code: str, param: str | None
) -> None:
    answer = client.request(method, path, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["message"].endswith(".")


def test_a_question_that_finds_nothing_is_explained(client: TestClient) -> None:
    assert client.post("/v1/domains", json={"name": "empty"}).status_code == 201
    nothing = {"type": "eq", "key": "a", "value": "b"}
    for name, filters in (("empty", None), ("default", nothing)):
        body = {"question": "Who painted it?", "explain": True, "filters": filters}
        answer = client.post(f"/v1/domains/{name}/query", json=body)
        assert (answer.status_code, answer.json()["passages"]) == (200, [])
        assert answer.json()["explain"]["retrieval"]["fusion"] == []


def test_of_a_list_only_the_items_that_are_wrong_are_kept_out(client: TestClient) -> None:
    files = {
        "empty.md": b"",
        "unreadable.md": b"\xff\xfe\x00",
        "large.md": b"x" * 1001,
        "program.exe": b"MZ",
        "good.md": b"The tower is 90 metres high.",
    }
    answer = client.post(f"{DOCUMENTS}?wait=true", files=[("files", part) for part in files.items()])

    assert answer.status_code == 200
    items = {item["filename"]: item for item in answer.json()["data"]}
    assert {name: item["result"] for name, item in items.items()} == dict.fromkeys(files, "failed") | {
        "good.md": "created"
    }
    codes = [items[name]["error"]["code"] for name in files if name != "good.md"]
    assert len(set(codes)) == len(codes)  # each its own
    assert codes[2:] == ["too_large", "unsupported_type"]


def test_on_a_full_disk_writing_is_507_and_reading_and_deleting_go_on(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post(f"{DOCUMENTS}?wait=true", json={"documents": [{"external_id": "b", "text": "B."}]}).is_success
    monkeypatch.setattr("store.space.Space.free", lambda _: 0)

    for method, path, body in (
        ("POST", DOCUMENTS, {"documents": [{"text": "More."}]}),
        ("PUT", f"{DOCUMENTS}/light", {"documents": [{"text": "Other."}]}),
    ):
        answer = client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full"), answer.text
        assert answer.headers["x-should-retry"] == "false"
    found = client.post("/v1/domains/default/search", json={"query": "lighthouse"}).json()["data"]
    assert found[0]["external_id"] == "light"
    assert client.delete(f"{DOCUMENTS}/b").status_code == 200
    assert client.get(f"{DOCUMENTS}/b").status_code == 404


@pytest.mark.parametrize("name", ["SERVICE__PROT", "RETRIEVER__CANDIDATE", "GENERATOR__NONE__AT_ALL"])
def test_a_setting_that_is_unknown_ends_with_2_and_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"TANDEM_{name}", "1")
    monkeypatch.setattr("sys.argv", ["tandem", "serve"])

    code = reported(app)

    assert code == 2
    assert ".".join(name.lower().split("__")[:2]) in capsys.readouterr().err
