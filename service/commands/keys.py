"""Commands for the keys of a data folder: through its running server, or in the folder itself where none runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Home, Limit, OneDomain, at, client, noun, show
from service.commands.readable import day_of
from service.commands.terminal import complain

if TYPE_CHECKING:
    from store.json_values import Json, JsonObject
    from store.store import Store

keys = noun("Who may call a server of the data folder.")
_COLUMNS = ("name", "access", "domain", "last used", "revoked", "id")


@keys.command("create", epilog="Example: tandem key create crm --write -d handbook")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is called in lists and logs.", show_default=False)],
    write: Annotated[bool, typer.Option("--write", help="It may change things, too; without this it reads.")] = False,
    domain: OneDomain = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, of one domain or of all, which is shown this once.

    From the first one on every call to a server of this folder needs a key. Commands of who may read the folder do not.
    """
    access = "write" if write else "read"
    with _open_folder(home) as store:
        if store is None:
            with client(home) as server:
                made = server.call("POST", "/v1/keys", json={"name": name, "access": access, "domain": domain})
        else:
            made = _made(store, name, access, domain)
    show(made, as_json)
    if not as_json:
        complain("The key is not shown again: keep it now. Clients send it as 'Authorization: Bearer KEY'.")


@keys.command("list", epilog="Example: tandem key list --json")
def list_keys(limit: Limit = 100, home: Home = None, as_json: AsJson = False) -> None:
    """List the keys, those that were revoked too, the newest first."""
    with _open_folder(home) as store:
        if store is None:
            with client(home) as server:
                found = server.call("GET", "/v1/keys", params={"limit": limit})
        else:
            found = _listed(store, limit)
    show(found, as_json, _COLUMNS, row=_row)


@keys.command("revoke", epilog="Example: tandem key revoke crm")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Its name or id.", show_default=False)],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a key: no request that begins after this gets in with it."""
    from store.keys import revoke_key as revoke

    with _open_folder(home) as store:
        if store is None:
            with client(home) as server:
                ended = server.call("DELETE", at("keys", key))
        else:
            ended = {"id": revoke(store, key).id, "object": "key", "deleted": True}
    show(ended, as_json)


def _row(key: JsonObject) -> JsonObject:
    """Return the fields of a key as a person reads them."""
    ended = {"revoked": day_of(key["revoked_at"])} if key.get("revoked_at") else {}
    return {**key, "domain": key.get("domain") or "all", "last used": day_of(key.get("last_used_at")), **ended}


@contextmanager
def _open_folder(home: Path | None) -> Iterator[Store | None]:
    """Give the store of a folder that no server owns, else None: a server is asked itself, and knows at once."""
    from service.client import is_served
    from service.settings import load_settings
    from store.store import Store

    place = load_settings(home).home
    if is_served(place):
        yield None
        return
    store = Store.open(place)
    try:
        yield store
    finally:
        store.close()


def _made(store: Store, name: str, access: str, domain: str | None) -> Json:
    from store.domains import get_domain
    from store.keys import create_key, told

    domain_id = get_domain(store, domain).id if domain is not None else None
    key, written = create_key(store, name, "write" if access == "write" else "read", domain_id)
    return {"object": "key", **told(key), "key": written}


def _listed(store: Store, limit: int) -> Json:
    from store.keys import list_keys, told

    found: list[Json] = [{"object": "key", **told(key)} for key in reversed(list_keys(store))]
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}
