"""The commands for keys: on a folder that nobody serves, and through a server, which then asks for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from light import LightRuntime
from typer.testing import CliRunner

from service.cli import app
from service.http.app import create_app
from service.http.server import HttpServer, bind, has_keys
from store.keys import list_keys
from store.store import Store


def run(store: Store, *words: str) -> Any:
    """Return what a command prints as JSON, or how it failed."""
    ended = CliRunner().invoke(app, [*words, "--home", str(store.folder.root), "--json"])
    return json.loads(ended.stdout) if ended.exit_code == 0 else ended.exception


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    """The address of a server that owns the folder."""
    runtime = LightRuntime(store.folder.root, store)
    server = HttpServer(create_app(runtime), runtime.settings.service, draining=runtime.draining)  # type: ignore[arg-type]
    with (
        bind("127.0.0.1", 0) as listener,
        server.running(listener) as address,
        store.folder.lock({"pid": 1, "url": address, "token": runtime.keys.token}),
    ):
        yield address


def test_keys_of_a_folder_that_nobody_serves(store: Store) -> None:
    assert not has_keys(store.folder.root)
    made = run(store, "key", "create", "crm", "--write")
    listed = run(store, "key", "list")
    people = CliRunner().invoke(app, ["key", "list", "--home", str(store.folder.root)]).stdout

    assert (made["object"], made["name"], made["access"], made["domain"]) == ("key", "crm", "write", None)
    assert made["key"].startswith("tdm_")
    assert listed["data"] == [{name: value for name, value in made.items() if name != "key"}]
    assert [line.split("\t")[:4] for line in people.splitlines()] == [
        ["name", "access", "domain", "last used"],
        ["crm", "write", "all", "never"],
    ]
    assert has_keys(store.folder.root)
    assert run(store, "key", "revoke", "crm") == {"id": made["id"], "object": "key", "deleted": True}
    assert "no key 'crm'" in str(run(store, "key", "revoke", "crm"))
    assert not has_keys(store.folder.root)


def test_a_server_knows_at_once_what_a_command_does_and_lets_commands_in(store: Store, url: str) -> None:
    assert httpx.get(f"{url}/v1/domains").status_code == 200

    made = run(store, "key", "create", "crm", "-d", "default")

    key = {"authorization": f"Bearer {made['key']}"}
    assert httpx.get(f"{url}/v1/domains").status_code == 401
    assert [each["name"] for each in httpx.get(f"{url}/v1/domains", headers=key).json()["data"]] == ["default"]
    assert run(store, "domain", "list")["data"][0]["name"] == "default"
    (listed,) = run(store, "key", "list")["data"]
    assert listed["last_used_at"] is not None

    assert run(store, "key", "revoke", "crm")["id"] == made["id"]

    for headers in ({}, key):
        assert httpx.get(f"{url}/v1/domains", headers=headers).status_code == 401
    assert [each.revoked_at is not None for each in list_keys(store)] == [True]


def test_the_key_of_a_run_is_readable_by_the_owner_of_the_folder_alone(store: Store, url: str) -> None:
    lock = Path(store.folder.root / "LOCK")

    owner = json.loads(lock.read_text())
    assert lock.stat().st_mode & 0o077 == 0
    assert httpx.get(f"{url}/v1/keys", headers={"authorization": f"Bearer {owner['token']}"}).status_code == 200
