"""Commands that edit documents without new bytes: another name, title or metadata, of one or of many."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.conditions import edited_keys, filter_of
from service.commands.console import AsJson, Domain, Home, at, client, find_document, noun, show
from service.commands.readable import cell
from service.commands.terminal import complain

if TYPE_CHECKING:
    from service.client import Client
    from store.json_values import Json, JsonObject

metadata = noun("The metadata of documents: their keys, and edits of many at once.")

_LOOK_S = 0.2
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A value as JSON, a list too, else text. May be repeated."),
]
_Remove = Annotated[list[str] | None, typer.Option("--remove", metavar="KEY", help="May be repeated.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="CONDITION", help="key=value, !=, <, <=, >, >=, or key~part. May be repeated."),
]
FilterText = Annotated[str | None, typer.Option("--filter", metavar="JSON", help="A filter as of the interface.")]


def rename(
    document: str,
    external_id: Annotated[str, typer.Argument(help="The new external id.", show_default=False)],
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give a document another external id; it keeps its id, its versions and its title."""
    with client(home) as server:
        show(server.call("PATCH", find_document(server, domain, document), json={"external_id": external_id}), as_json)


def edit(
    document: str,
    title: Annotated[str | None, typer.Option(help="The new title; it is searched, so this waits for it.")] = None,
    given: _Set = None,
    removed: _Remove = None,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Change title and metadata of a document; keys that are not named stay as they are."""
    from store.errors import InvalidInputError

    keys = edited_keys(given, removed)
    if title is None and not keys:
        raise InvalidInputError("Nothing is to be changed: give --title, --set or --remove.", param="title")
    with client(home) as server:
        path = find_document(server, domain, document)
        if keys:
            name = _name(server, path)
            condition = {"type": "eq", "key": "external_id", "value": name}
            server.call("POST", at("domains", domain, "metadata", "edit"), json={"filter": condition, **keys})
        if title is not None:
            server.call("PATCH", path, json={"title": title})
        found = _settled(server, path)
        show(found, as_json)
    if isinstance(found, dict) and found["status"] in ("failed", "quarantined"):
        raise typer.Exit(1)


@metadata.command("edit", epilog="Example: tandem metadata edit --where 'year<2020' --set archived=true")
def edit_many(  # noqa: PLR0913  (each is an option of the command)
    where: Where = None,
    condition: FilterText = None,
    everything: Annotated[bool, typer.Option("--all", help="Every document of the domain.")] = False,
    given: _Set = None,
    removed: _Remove = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Change the metadata of all documents that pass, in one step, after saying how many these are."""
    from service.replies import MetadataChange
    from store.errors import InvalidInputError

    keys, passing = edited_keys(given, removed), filter_of(where, condition)
    if not keys:
        raise InvalidInputError("Nothing is to be changed: give --set or --remove.", param="set")
    if (passing is None) != everything:
        raise InvalidInputError("Say which documents: --where or --filter, or else --all.", param="where")
    body = {"filter": passing, **keys}
    path = at("domains", domain, "metadata", "edit")
    with client(home) as server:
        if not (dry_run or yes):
            found = server.read(MetadataChange, "POST", path, json={**body, "dry_run": True})
            complain(f"{found.matched} documents of {domain} pass, {found.changed} of them would change.")
            typer.confirm("Change them?", abort=True, err=True)
        show(server.call("POST", path, json={**body, "dry_run": dry_run}), as_json)


@metadata.command("list", epilog="Example: tandem metadata list -d handbook")
def list_keys(domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """List the keys, how many documents have each, and their most frequent values."""
    with client(home) as server:
        found = server.call("GET", at("domains", domain, "metadata"), params={"limit": 1000})
        show(found, as_json, ("key", "documents", "kinds", "values"), ("values",), _row)


def _row(key: JsonObject) -> JsonObject:
    """Return a key with its values as people read them."""
    from service.replies import MetadataKey, read

    known = read(MetadataKey, dict(key))
    values = ", ".join(f"{cell(each.value)} ({each.documents})" for each in known.values)
    return {**key, "kinds": ", ".join(known.kinds), "values": values}


def _name(server: Client, path: str) -> str:
    from service.replies import Document

    return server.read(Document, "GET", path).external_id


def _settled(server: Client, path: str) -> Json:
    """Return the document once it waits for nothing any more."""
    while True:
        found = server.call("GET", path)
        if not isinstance(found, dict) or found["status"] not in ("received", "parsed"):
            return found
        time.sleep(_LOOK_S)
