"""Commands of knowledge owners and of those who ask: domains, documents, ingest, query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.console import AsJson, Domain, Home, Limit, client, printable, read_file, run_job, show

if TYPE_CHECKING:
    from service.client import Client
    from store.errors import TandemError

domains = typer.Typer(help="Isolated spaces for documents, models and releases.", no_args_is_help=True)
documents = typer.Typer(help="The documents of a domain.", no_args_is_help=True)
_SUFFIXES = (".txt", ".text", ".md", ".markdown")
_BATCH = 50  # files of one request
_BATCH_BYTES = 20_000_000
_REFUSED = (413, 422)  # too large, or no file of the batch was taken: no reason to keep the next ones back


@domains.command("create", epilog="Example: tandem domain create handbook")
def create_domain(name: str, description: str = "", home: Home = None, as_json: AsJson = False) -> None:
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
def show_domain(name: str, home: Home = None, as_json: AsJson = False) -> None:
    """Show a domain."""
    with client(home) as server:
        show(server.call("GET", f"/v1/domains/{name}"), as_json)


@domains.command("delete", epilog="Example: tandem domain delete handbook --yes")
def delete_domain(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Delete a domain with everything in it."""
    if not yes:
        typer.confirm(f"Delete the domain {name} with all its documents, models and releases?", abort=True)
    with client(home) as server:
        show(server.call("DELETE", f"/v1/domains/{name}"), as_json)


@documents.command("list", epilog="Example: tandem document list -d handbook")
def list_documents(domain: Domain = "default", limit: Limit = 100, home: Home = None, as_json: AsJson = False) -> None:
    """List the documents, the newest first."""
    with client(home) as server:
        found = server.call("GET", f"/v1/domains/{domain}/documents", params={"limit": limit})
        show(found, as_json, ("external_id", "version", "status", "passages", "bytes", "id"))


@documents.command("show", epilog="Example: tandem document show ferry.md -d handbook")
def show_document(document: str, domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Show a document, by id or external id."""
    with client(home) as server:
        show(server.call("GET", f"/v1/domains/{domain}/documents/{_find(server, domain, document)}"), as_json)


@documents.command("delete", epilog="Example: tandem document delete ferry.md -d handbook")
def delete_document(document: str, domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Delete a document with all its versions."""
    with client(home) as server:
        show(server.call("DELETE", f"/v1/domains/{domain}/documents/{_find(server, domain, document)}"), as_json)


def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders.")],
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Upload text and Markdown files and wait until they can be searched; the domain is created if it is missing."""
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise typer.BadParameter(f"no file ends with {', '.join(_SUFFIXES)}", param_hint="PATHS")
    with client(home) as server:
        _make_domain(server, domain)
        items: list[dict[str, Any]] = []
        job = None
        for batch in _batches(files):
            answer = _upload(server, domain, batch)
            items += answer["data"]
            job = answer["job"] or job
        if job is not None:
            run_job(server, job)
        final = [_final(server, domain, item) for item in items]
    show({"object": "list", "data": final}, as_json, ("external_id", "result", "status", "passages", "error"))
    if any(item["error"] for item in final):
        raise typer.Exit(1)


def query(
    question: str,
    domain: Domain = "default",
    arm: Annotated[str | None, typer.Option(help="base, rag, tuned, tuned+rag or combined.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show every stage.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question and print the answer with its citations."""
    body: dict[str, Any] = {"question": question, "explain": explain}
    with client(home) as server:
        answer = server.call("POST", f"/v1/domains/{domain}/query", json=body | ({"arm": arm} if arm else {}))
    if as_json or explain:
        show(answer, as_json=True)
        return
    typer.echo(answer["answer"])
    for citation in answer["citations"]:
        place = f"{citation['external_id']}, characters {citation['start']} to {citation['end']}"
        typer.echo(f"  {citation['marker']} {place}: {citation['quote']}")


def _files(path: Path) -> list[tuple[str, Path]]:
    """Return (external id, file): a single file's name, or the path inside a folder."""
    if path.is_file():
        return [(path.name, path)]
    found = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in _SUFFIXES)
    return [(file.relative_to(path).as_posix(), file) for file in found]


def _make_domain(server: Client, name: str) -> None:
    """Create the domain if it is missing."""
    from service.client import RequestError

    try:
        server.call("GET", f"/v1/domains/{name}")
    except RequestError as error:
        if error.status != 404:
            raise
        server.call("POST", "/v1/domains", json={"name": name})


def _batches(files: list[tuple[str, Path]]) -> Iterator[list[tuple[str, Path]]]:
    """Cut the files into what one request takes, by their number and by their bytes."""
    batch: list[tuple[str, Path]] = []
    size = 0
    for name, path in files:
        try:
            more = path.stat().st_size
        except OSError:
            more = 0  # reading it says what is wrong
        if batch and (len(batch) == _BATCH or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((name, path))
        size += more
    if batch:
        yield batch


def _upload(server: Client, domain: str, batch: list[tuple[str, Path]]) -> dict[str, Any]:
    """Upload a batch and return the server's answer, with a failed item for each file that could not be taken."""
    from service.client import RequestError
    from store.errors import InvalidInputError

    parts, failed = [], []
    for name, path in batch:
        try:
            parts.append(("files", (_external_id(name), read_file(path))))
        except InvalidInputError as error:
            failed.append(_failed(name, error))
    if not parts:
        return {"data": failed, "job": None}
    try:
        answer = server.call("POST", f"/v1/domains/{domain}/documents", files=parts)
    except RequestError as error:
        if error.status not in _REFUSED:
            raise
        if len(batch) == 1:
            return {"data": [_failed(batch[0][0], error)], "job": None}
    else:
        return {"data": failed + answer["data"], "job": answer["job"]}
    parts.clear()
    single = [_upload(server, domain, [each]) for each in batch]  # so that each gets a reason of its own
    jobs = [answer["job"] for answer in single if answer["job"]]
    return {"data": [item for answer in single for item in answer["data"]], "job": jobs[-1] if jobs else None}


def _external_id(name: str) -> str:
    from store.errors import InvalidInputError

    if printable(name) != name:
        raise InvalidInputError("The name of the file is not UTF-8.", code="unreadable_name")
    return name


def _failed(name: str, error: TandemError) -> dict[str, Any]:
    reason = {"code": error.code, "message": error.message}
    return {"external_id": printable(name), "result": "failed", "document": None, "error": reason}


def _final(server: Client, domain: str, item: dict[str, Any]) -> dict[str, Any]:
    document = item["document"]
    if document is not None:
        document = server.call("GET", f"/v1/domains/{domain}/documents/{document['id']}")
    error = item["error"] or (document or {}).get("error")
    state = {key: (document or {}).get(key) for key in ("status", "passages", "id")}
    return {"external_id": item["external_id"], "result": item["result"], **state, "error": error}


def _find(server: Client, domain: str, document: str) -> str:
    """Return the id of a document that is named by id or external id; a path cannot hold the latter's slashes."""
    found = server.call("GET", f"/v1/domains/{domain}/documents", params={"external_id": document})["data"]
    return str(found[0]["id"]) if found else document.replace("/", "%2F")
