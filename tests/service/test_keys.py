"""Keys of callers: every route asks for one, one that reads changes nothing, one of a domain sees no other domain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from light import LightRuntime
from one_of_each import fill
from starlette.testclient import TestClient

from service.http.app import create_app
from service.http.routes import Routes
from service.wire.tandem import access
from service.wire.tandem.routes.pages import PAGES
from store.jobs import create_job, get_job
from store.keys import create_key, get_key, revoke_key
from store.models import get_model
from store.store import Store

BODIES: dict[str, Any] = {
    "POST /v1/domains": {"name": "third"},
    "PATCH /v1/domains/{domain}": {"description": "changed"},
    "POST /v1/domains/{domain}/documents": {"documents": [{"text": "New."}]},
    "POST /documents": {"documents": [{"text": "New."}]},
    "PUT /v1/domains/{domain}/documents/{document}": {"documents": [{"text": "New."}]},
    "PATCH /v1/domains/{domain}/documents/{document}": {"title": "New"},
    "POST /v1/domains/{domain}/search": {"query": "harbour"},
    "POST /v1/domains/{domain}/query": {"question": "Who owns the harbour?"},
    "POST /query": {"question": "Who owns the harbour?"},
    "POST /v1/domains/{domain}/releases": {"set": {}},
    "POST /v1/domains/{domain}/datasets/{dataset}/split": {},
    "POST /v1/domains/{domain}/datasets/{dataset}/review": {"decisions": [{"key": "line-1", "verdict": "drop"}]},
    "POST /v1/keys": {"name": "made"},
}
READING = {"POST /v1/domains/{domain}/search", "POST /v1/domains/{domain}/query", "POST /query"}
CANARY = "zanzibar"


@dataclass(frozen=True)
class Server:
    client: TestClient
    store: Store
    calls: list[str]
    own: Mapping[str, str]
    foreign: Mapping[str, str]
    keys: Mapping[str, str]

    def call(self, name: str, key: str | None, things: Mapping[str, str]) -> Any:
        """Return the answer to a call with these things in its path and, where it names a domain there, its body."""
        method, template = name.split(" ", 1)
        body = BODIES.get(name)
        if name == "POST /v1/jobs":
            body = {"kind": "ingest", "domain": things["domain"]}
        if name == "POST /v1/evaluations":
            body = {"domain": things["domain"], "dataset": things["dataset"]}
        headers = {b"authorization": f"Bearer {key}".encode()} if key else {}
        return self.client.request(method, template.format(**things), json=body, headers=headers)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = Store.open(tmp_path_factory.mktemp("keys") / "home")
    runtime = LightRuntime(store.folder.root, store)
    runtime.engine.create_domain("other")
    domains = {name: runtime.engine.pin(name).domain_id for name in ("default", "other")}
    own, foreign = fill(store, domains["default"], "default", "alice"), fill(store, domains["other"], "other", CANARY)
    for things in (foreign, own):  # which waits behind the other
        things["job"] = create_job(store, "ingest", domains[things["domain"]], {}).id
    keys = {
        name: create_key(store, name, access, domain)[1]  # type: ignore[arg-type]
        for name, access, domain in (
            ("full", "write", None),
            ("reader", "read", None),
            ("own", "write", domains["default"]),
            ("own-reader", "read", domains["default"]),
            ("revoked", "write", None),
        )
    }
    revoke_key(store, "revoked")
    runtime.keys.reload()
    application = create_app(runtime)  # type: ignore[arg-type]
    client = TestClient(application, base_url="http://tandem.example.org", raise_server_exceptions=False)
    names = Routes(application.app.app.routes).names  # type: ignore[attr-defined]
    calls = [name for name in names if name.split()[1] not in {*PAGES, "/docs/{name}"}]
    yield Server(client, store, calls, own, foreign, keys)
    store.close()


def missing(things: Mapping[str, str]) -> dict[str, str]:
    """Return names of the same length that nothing has."""
    return {noun: "nowhere" if noun == "domain" else name[:4] + "0" * (len(name) - 4) for noun, name in things.items()}


def test_every_call_but_the_health_check_asks_for_a_key_in_force(server: Server) -> None:
    assert len(server.calls) > 40
    for name in server.calls:
        for key in (None, "wrong", server.keys["revoked"], server.keys["full"][:-1], "Ä"):
            answer = server.call(name, key, server.own)
            if name == "GET /healthz":
                assert answer.status_code == 200
            else:
                assert answer.status_code == 401, name
                assert name.startswith("HEAD") or answer.json()["error"]["code"] == "invalid_api_key"
                assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_that_reads_changes_nothing(server: Server) -> None:
    for name in server.calls:
        method = name.split()[0]
        for key in ("reader", "own-reader"):
            answer = server.call(name, server.keys[key], server.own)
            reads = (method in ("GET", "HEAD") and name != "GET /v1/keys") or name in READING
            if key == "reader":
                assert (answer.status_code == 403) == (not reads), name
            elif not reads:
                assert answer.status_code == 403, name
    refused = server.call("DELETE /v1/models/{model}", server.keys["reader"], server.own).json()["error"]
    assert (refused["type"], refused["code"]) == ("permission_error", "read_only_key")
    assert set(refused) == {"message", "type", "param", "code"}


def test_a_key_of_a_domain_cannot_tell_what_is_elsewhere_from_what_is_nowhere(server: Server) -> None:
    nowhere, tried = missing(server.foreign), 0
    for name in server.calls:
        used = [noun for noun in server.foreign if f"{{{noun}}}" in name] or ["domain"] * ("POST" in name)
        for noun in used:
            things = {**server.own, noun: server.foreign[noun]}
            found, none = (server.call(name, server.keys["own"], {**things, noun: each}) for each in
                           (server.foreign[noun], nowhere[noun]))  # fmt: skip
            if name in {"POST /query", "POST /documents"}:  # these are about its own domain
                continue
            same = found.text.replace(server.foreign[noun], "*") == none.text.replace(nowhere[noun], "*")
            assert (found.status_code, same) == (none.status_code, True), name
            assert found.status_code in (403, 404), name
            tried += 1
    assert tried > 30
    jobs, models = get_job(server.store, server.foreign["job"]), get_model(server.store, server.foreign["model"])
    assert (jobs.status, jobs.cancel_requested, models.id) == ("queued", False, server.foreign["model"])


def test_a_key_of_a_domain_sees_nothing_of_another(server: Server) -> None:
    hidden = {CANARY, "other", *server.foreign.values()} - {"default"}
    for name in server.calls:
        if name.startswith("GET") and name != "GET /openapi.json":
            shown = server.call(name, server.keys["own"], server.own)
            found = {each for each in hidden if f'"{each}' in shown.text or f"{each} " in shown.text}
            assert found == set(), name
    lists = ("/v1/domains", "/v1/jobs", "/v1/models", "/v1/evaluations")
    for path in lists:
        counted = [
            len(server.client.get(path, headers={"authorization": f"Bearer {server.keys[key]}"}).json()["data"])
            for key in ("own", "full")
        ]
        assert 0 < counted[0] < counted[1], path
        answer = server.client.get(f"{path}?domain=other", headers={"authorization": f"Bearer {server.keys['own']}"})
        assert answer.status_code == (400 if path == "/v1/domains" else 404)


def test_what_concerns_the_whole_server_takes_a_key_of_all_domains(server: Server) -> None:
    for name in ("GET /v1/doctor", "GET /v1/keys", "POST /v1/keys", "POST /v1/domains", "DELETE /v1/domains/{domain}"):
        answer = server.call(name, server.keys["own"], server.own)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "domain_key"), name


def test_what_the_table_of_access_names_is_there(server: Server) -> None:
    named = access._READING | access._WRITING | access._DEFAULT | access._OF_THE_SERVER | access._THEMSELVES

    assert named - {"GET /openapi.json"} <= set(server.calls)


def test_a_job_of_another_domain_is_not_told_as_the_one_ahead(server: Server) -> None:
    waiting = create_job(server.store, "ingest", get_job(server.store, server.own["job"]).domain_id, {})
    path = f"/v1/jobs/{waiting.id}"
    ahead = {
        key: server.client.get(path, headers={"authorization": f"Bearer {server.keys[key]}"}).json()["waits_for"]
        for key in ("own", "full")
    }

    assert ahead["full"]["id"] == server.own["job"] or ahead["full"]["id"] == server.foreign["job"]
    assert ahead["own"] is None or ahead["own"]["id"] == server.own["job"]


def test_a_key_is_made_shown_once_and_revoked_at_once(server: Server) -> None:
    full = {"authorization": f"Bearer {server.keys['full']}"}
    made = server.client.post("/v1/keys", json={"name": "crm", "access": "read", "domain": "other"}, headers=full)
    key = made.json()
    shown = {"authorization": f"Bearer {key['key']}"}
    listed = server.client.get("/v1/keys", headers=full)

    assert made.status_code == 201
    assert (key["object"], key["name"], key["access"], key["domain"]) == ("key", "crm", "read", "other")
    assert key["key"] not in listed.text
    assert get_key(server.store, "crm").digest not in listed.text
    assert listed.json()["data"][0]["id"] == key["id"]
    assert listed.json()["data"][0]["last_used_at"] is None
    assert server.client.get("/v1/domains/other", headers=shown).status_code == 200
    used = server.client.get("/v1/keys?limit=1", headers=full).json()["data"][0]["last_used_at"]
    assert isinstance(used, int)
    assert get_key(server.store, "crm").last_used_at is None  # no write per request

    ended = server.client.delete("/v1/keys/crm", headers=full).json()

    assert ended == {"id": key["id"], "object": "key", "deleted": True}
    assert server.client.get("/v1/domains/other", headers=shown).status_code == 401
    assert server.client.delete("/v1/keys/crm", headers=full).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"name": "A b"}, 400, "name"),
        ({"name": "full"}, 409, "name"),
        ({"name": "x", "access": "admin"}, 400, "access"),
        ({"name": "x", "domain": "nowhere"}, 404, "domain"),
        ({}, 400, "name"),
        ({"name": "x", "key": "mine"}, 400, "key"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused(server: Server, body: dict[str, str], status: int, param: str) -> None:
    headers = {"authorization": f"Bearer {server.keys['full']}"}
    answer = server.client.post("/v1/keys", json=body, headers=headers)

    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert "mine" not in json.dumps(server.client.get("/v1/keys", headers=headers).json())
