"""Commands of knowledge owners and of those who ask: domains, documents, query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from generator.arms import SERVED
from service.commands.conditions import filter_of
from service.commands.console import (
    AsJson,
    Domain,
    DomainName,
    Home,
    Limit,
    at,
    choice,
    client,
    find_document,
    noun,
    show,
)
from service.commands.editing import FilterText, Where, edit, rename
from service.commands.terminal import one_line, say

if TYPE_CHECKING:
    from service.client import Client
    from service.replies import Citation
    from store.json_values import Json

domains = noun("Isolated spaces for documents, models and releases.")
documents = noun("The documents of a domain.")


@domains.command("create", epilog="Example: tandem domain create handbook")
def create_domain(
    name: DomainName,
    description: Annotated[str, typer.Option(help="What it holds.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Create a domain."""
    with client(home) as server:
        show(server.call("POST", "/v1/domains", json={"name": name, "description": description}), as_json)


@domains.command("list", epilog="Example: tandem domain list --json")
def list_domains(limit: Limit = 1000, home: Home = None, as_json: AsJson = False) -> None:
    """List the domains."""
    with client(home) as server:
        found = server.call("GET", "/v1/domains", params={"limit": limit})
        show(found, as_json, ("name", "documents", "passages", "release"))


@domains.command("show", epilog="Example: tandem domain show handbook")
def show_domain(name: DomainName, home: Home = None, as_json: AsJson = False) -> None:
    """Show a domain."""
    with client(home) as server:
        show(server.call("GET", f"/v1/domains/{name}"), as_json)


@domains.command("delete", epilog="Example: tandem domain delete handbook --yes")
def delete_domain(
    name: DomainName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Delete a domain with everything in it."""
    if not yes:
        typer.confirm(f"Delete the domain {name} with all its documents, models and releases?", abort=True, err=True)
    with client(home) as server:
        show(server.call("DELETE", f"/v1/domains/{name}"), as_json)


@documents.command("list", epilog="Example: tandem document list -d handbook")
def list_documents(
    where: Where = None,
    condition: FilterText = None,
    domain: Domain = "default",
    limit: Limit = 100,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the documents, the newest first; with conditions on metadata only those that meet them."""
    passing = filter_of(where, condition)
    params: dict[str, str | int] = {"limit": limit} | ({"filter": json.dumps(passing)} if passing else {})
    with client(home) as server:
        found = server.call("GET", f"/v1/domains/{domain}/documents", params=params)
        show(found, as_json, ("external_id", "version", "status", "passages", "bytes", "id", "error"), ("error",))


@documents.command("show", epilog="Example: tandem document show ferry.md -d handbook")
def show_document(document: str, domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Show a document, by id or external id."""
    with client(home) as server:
        show(server.call("GET", find_document(server, domain, document)), as_json)


documents.command("rename", epilog="Example: tandem document rename ferry.md boats/ferry.md -d handbook")(rename)
documents.command("edit", epilog="Example: tandem document edit ferry.md --set year=2026 -d handbook")(edit)


@documents.command("delete", epilog="Example: tandem document delete ferry.md -d handbook")
def delete_document(document: str, domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Delete a document with all its versions."""
    with client(home) as server:
        show(server.call("DELETE", find_document(server, domain, document)), as_json)


def query(
    question: str,
    domain: Domain = "default",
    arm: Annotated[str | None, typer.Option(help=choice(tuple(SERVED)))] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show every stage.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question and print the answer with its citations."""
    from service.replies import Answer, read

    body: dict[str, object] = {"question": question, "explain": explain} | ({"arm": arm} if arm else {})
    with client(home) as server:
        answer = _asked(server, domain, body)
    if as_json or explain:
        show(answer, as_json=True)
        return
    told = read(Answer, answer)
    say(told.answer)
    if told.fallback is not None:
        say("  " + one_line(f"Quoted, not written by the language model: {told.fallback.reason}"))
    for sentence in told.unsupported:
        say("  " + one_line(f"Not in the passages: {sentence.text} ({sentence.reason})"))
    for citation in told.citations:
        say("  " + one_line(f"{citation.marker} {_place(citation)}: {citation.quote}"))
        for context in citation.context:
            say("      " + one_line(f"{context.kind.replace('_', '-')}: {context.quote}"))


def _place(citation: Citation) -> str:
    """Return where a quote stands; what was recognised in a picture may be misread, so that is said."""
    page = f", page {citation.page}" if citation.page is not None else ""
    read = ", recognised in a picture" if citation.source == "ocr" else ""
    return f"{citation.external_id}{page}, characters {citation.start} to {citation.end}{read}"


def _asked(server: Client, domain: str, body: dict[str, object]) -> Json:
    """Return the answer; where a release cannot serve the arm, the refusal says which commands lead to one that can."""
    from service.client import RequestError
    from store.errors import ConflictError

    try:
        return server.call("POST", at("domains", domain, "query"), json=body)
    except RequestError as error:
        if error.code != "arm_unavailable" or "tandem " in error.message:
            raise
        way = (
            f"Set generator.base_model and make one that serves it: tandem release create -d {domain} "
            "generation.backend=transformers (with adapter=mdl_… for a tuned arm), then tandem release promote rel_…"
        )
        raise ConflictError(f"{error.message} {way}", code=error.code, param=error.param) from error
