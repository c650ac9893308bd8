"""The commands that edit documents: names, titles, metadata of one and of many."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from light import LightRuntime
from typer.testing import CliRunner, Result
from writing import put

from service.cli import app
from service.commands.conditions import edited_keys, filter_of
from service.http.app import create_app
from service.http.server import HttpServer, bind
from service.settings import Settings
from store.documents import get_document, list_documents
from store.domains import Domain
from store.errors import InvalidInputError, TandemError
from store.store import Store


@pytest.fixture
def server(store: Store, domain: Domain) -> Iterator[None]:
    """A server of a folder with three documents, numbered by their metadata."""
    for name in ("ferry.md", "fares.md", "crew.md"):
        put(store, domain.id, name, name)
    runtime = LightRuntime(store.folder.root, store)
    http = HttpServer(create_app(runtime), runtime.settings.service, draining=runtime.draining)  # type: ignore[arg-type]
    with (
        bind("127.0.0.1", 0) as listener,
        http.running(listener) as address,
        store.folder.lock({"pid": 1, "url": address, "token": runtime.keys.token}),
    ):
        for number, name in enumerate(("ferry.md", "fares.md", "crew.md")):
            invoke(store, "document", "edit", name, "--set", f"year={2019 + number}", "-d", domain.name)
        yield


def invoke(store: Store, *words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(store.folder.root)], input=answer)


def told(store: Store, *words: str) -> Any:
    """Return what a command prints as JSON, or how it failed."""
    ended = invoke(store, *words, "--json")
    return json.loads(ended.stdout) if ended.exit_code == 0 else ended.exception


def metadata(store: Store, domain: Domain) -> dict[str, Any]:
    return {each.external_id: each.metadata for each in list_documents(store, domain.id)}


@pytest.mark.usefixtures("server")
def test_a_document_is_renamed_and_keeps_its_id(store: Store, domain: Domain) -> None:
    before = get_document(store, domain.id, "ferry.md")

    renamed = told(store, "document", "rename", "ferry.md", "boats/ferry.md", "-d", domain.name)

    assert (renamed["id"], renamed["external_id"]) == (before.id, "boats/ferry.md")
    taken = told(store, "document", "rename", "fares.md", "crew.md", "-d", domain.name)
    assert isinstance(taken, TandemError)
    assert taken.code == "external_id_taken"
    assert "no document 'ferry.md'" in str(told(store, "document", "rename", "ferry.md", "x", "-d", domain.name))


@pytest.mark.usefixtures("server")
def test_keys_are_set_to_values_and_lists_and_removed_and_the_others_stay(store: Store, domain: Domain) -> None:
    words = ("--set", "team=north", "--set", 'tags=["red", 1]', "--set", "open=true", "-d", domain.name)
    assert told(store, "document", "edit", "crew.md", *words)["metadata"] == {
        "year": 2021, "team": "north", "tags": ["red", 1], "open": True,
    }  # fmt: skip

    told(store, "document", "edit", "crew.md", "--remove", "year", "--remove", "open", "-d", domain.name)

    assert metadata(store, domain)["crew.md"] == {"team": "north", "tags": ["red", 1]}
    assert metadata(store, domain)["ferry.md"] == {"year": 2019}


@pytest.mark.usefixtures("server")
def test_an_edit_of_many_says_how_many_and_asks(store: Store, domain: Domain) -> None:
    words = ("metadata", "edit", "--where", "year>=2020", "--set", "new=true", "-d", domain.name)
    before = metadata(store, domain)

    refused = invoke(store, *words, answer="n\n")
    assert "2 documents of handbook pass, 2 of them would change." in refused.output
    assert refused.exit_code != 0
    assert told(store, *words, "--dry-run") == {
        "object": "metadata.change", "matched": 2, "changed": 2, "dry_run": True,
    }  # fmt: skip
    assert metadata(store, domain) == before

    assert invoke(store, *words, answer="y\n").exit_code == 0
    assert [name for name, each in metadata(store, domain).items() if each.get("new")] == ["crew.md", "fares.md"]
    assert told(store, *words, "--yes")["changed"] == 0
    every = told(store, "metadata", "edit", "--all", "--remove", "new", "--yes", "-d", domain.name)
    assert (every["matched"], every["changed"]) == (3, 2)
    assert metadata(store, domain) == before


@pytest.mark.usefixtures("server")
def test_keys_are_listed_and_documents_by_their_metadata(store: Store, domain: Domain) -> None:
    keys = invoke(store, "metadata", "list", "-d", domain.name).stdout.splitlines()
    assert keys[1].split("\t") == ["year", "3", "number", "2019 (1), 2020 (1), 2021 (1)"]
    found = told(store, "document", "list", "--where", "year<2021", "--where", "year!=2019", "-d", domain.name)
    assert [each["external_id"] for each in found["data"]] == ["fares.md"]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("document", "edit", "crew.md"), "Nothing is to be changed"),
        (("document", "edit", "crew.md", "--set", "year"), "not KEY=VALUE"),
        (("metadata", "edit", "--set", "a=1"), "Say which documents"),
        (("metadata", "edit", "--set", "a=1", "--all", "--where", "year=2"), "Say which documents"),
        (("metadata", "edit", "--all"), "Nothing is to be changed"),
        (("metadata", "edit", "--where", "year", "--set", "a=1"), "no condition"),
        (("metadata", "edit", "--filter", "{", "--set", "a=1"), "no JSON"),
        (("document", "list", "--filter", "3"), "no filter"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_sent(
    store: Store, domain: Domain, words: tuple[str, ...], said: str
) -> None:
    refused = told(store, *words, "-d", domain.name)

    assert isinstance(refused, InvalidInputError)
    assert said in refused.message


def test_a_value_is_json_or_else_text() -> None:
    given = ["a=1", 'b="1"', "c=x=y", "d=null", "e=", "f=NaN", "g=1.5", "h=[1]", " i =no"]

    assert edited_keys(given, None) == {
        "set": {"a": 1, "b": "1", "c": "x=y", "d": None, "e": "", "f": "NaN", "g": 1.5, "h": [1], "i": "no"}
    }
    assert edited_keys(None, ["a"]) == {"remove": ["a"]}
    assert edited_keys([], []) == {}


@pytest.mark.parametrize(
    ("text", "operator", "key", "value"),
    [
        ("year=2020", "eq", "year", 2020),
        ("year != 2020", "ne", "year", 2020),
        ("a>=b=c", "gte", "a", "b=c"),
        ("a<b", "lt", "a", "b"),
        ("a<=2", "lte", "a", 2),
        ("a>2", "gt", "a", 2),
        ("tags~red", "contains", "tags", "red"),
        ('name="x>y"', "eq", "name", "x>y"),
    ],
)
def test_a_condition_is_cut_at_its_first_sign(text: str, operator: str, key: str, value: object) -> None:
    assert filter_of([text], None) == {"type": operator, "key": key, "value": value}


def test_conditions_and_a_filter_must_all_be_met() -> None:
    given = {"type": "eq", "key": "b", "value": 2}

    assert filter_of(["a=1"], json.dumps(given)) == {
        "type": "and", "filters": [{"type": "eq", "key": "a", "value": 1}, given],
    }  # fmt: skip
    assert filter_of(None, json.dumps(given)) == given
    assert filter_of(None, None) is None


def test_a_new_title_is_searched_once_the_command_has_ended(filled: httpx.Client, settings: Settings) -> None:
    words = ["document", "edit", "ferry.md", "--title", "Zephyr", "--home", str(settings.home), "--json"]

    ended = CliRunner().invoke(app, words)

    document = json.loads(ended.stdout)
    assert (document["title"], document["status"], ended.exit_code) == ("Zephyr", "searchable", 0)
    deadline, asked = time.monotonic() + 5, {"query": "zephyr", "mode": "lexical"}
    while not (hits := filled.post("/v1/domains/default/search", json=asked).json()["data"]):
        assert time.monotonic() < deadline, "the server did not follow the job's changes"
        time.sleep(0.05)
    assert {hit["external_id"] for hit in hits} == {"ferry.md"}
