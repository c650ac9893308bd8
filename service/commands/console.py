"""What all commands share: options, output as a table or as JSON, files that a user named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from service.commands.readable import cell, described
from service.commands.table import Table
from service.commands.terminal import complain, say, say_json

if TYPE_CHECKING:
    from service.client import Client
    from store.json_values import JsonObject


def _asked_for_json(context: typer.Context, value: bool) -> bool:
    """Return whether this command, or a word before it, asks for JSON: `tandem --json job list`."""
    while not value and context.parent is not None:
        context = context.parent  # type: ignore[assignment]
        value = bool(context.params.get("as_json"))
    return value


Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="TANDEM_HOME", help="The data folder.", show_default="the user's data folder"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, errors too.", callback=_asked_for_json)]


def _domain_name(name: str | None) -> str | None:
    """Return the name, or raise `InvalidInputError` if no domain can have it."""
    from store.ids import check_domain_name

    if name is not None:
        check_domain_name(name)
    return name


Domain = Annotated[str, typer.Option("--domain", "-d", help="The domain.", callback=_domain_name)]
DomainName = Annotated[str, typer.Argument(help="The name of the domain.", callback=_domain_name, show_default=False)]
OneDomain = Annotated[str | None, typer.Option("--domain", "-d", help="Only its own.", callback=_domain_name)]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]


def noun(about: str) -> typer.Typer:
    """Return the command of a noun, whose verbs are its commands; it takes `--json` for them too."""

    def accept(as_json: AsJson = False) -> None:
        del as_json  # its verbs look for it

    return typer.Typer(help=about, callback=accept, no_args_is_help=True)


@contextmanager
def client(home: Path | None) -> Iterator[Client]:
    """Give a client of the server of the data folder."""
    from service.client import connect

    with connect(home) as connected:
        yield connected


def at(*parts: str) -> str:
    """Return the path of the interface that these parts name; no part reaches into the next, whatever it holds."""
    return "/".join(["/v1", *(quote(part, safe="") for part in parts)])


def find_document(server: Client, domain: str, document: str) -> str:
    """Return the path of a document that is named by id or external id; raise `NotFoundError` if there is none."""
    from service.replies import Document, Page, read
    from store.errors import NotFoundError

    inside = at("domains", domain, "documents")
    found = server.read(Page, "GET", inside, params={"external_id": document}).data
    if found:
        return f"{inside}/{read(Document, found[0]).id}"
    if document.startswith("doc_"):
        return at("domains", domain, "documents", document)
    message = f"There is no document {document!r} in the domain {domain}; `tandem document list -d {domain}` names all."
    raise NotFoundError(message, code="document_not_found", param="document")


def choice(names: Sequence[str]) -> str:
    """Return in words which of these names may be given: "f1, em or recall."."""
    return f"{', '.join(names[:-1])} or {names[-1]}."


def show(
    data: object,
    as_json: bool,
    columns: Sequence[str] = (),
    details: Sequence[str] = (),
    row: Callable[[JsonObject], JsonObject] = dict,
) -> None:
    """Print an object, or a list as a table of these columns; as JSON exactly what the server answered.

    `details` are those of the columns whose texts are long; `row` makes the fields of a row out of an object.
    """
    if as_json:
        say_json(data)
    elif isinstance(data, dict) and data.get("object") == "list":
        rows = [[cell(fields.get(column)) for column in columns] for fields in map(row, data["data"])]
        say("\n".join(Table(columns, rows, details).lines()))
        if data.get("has_more"):
            complain(f"There are more: these are the first {len(rows)}; --limit shows more.")
    elif isinstance(data, dict):
        say("\n".join(described(data)))
    else:
        say(str(data).rstrip("\n"))


def read_file(path: Path) -> bytes:
    """Return the content of a file that the user named; `InvalidInputError` if it cannot be read."""
    from store.errors import InvalidInputError

    try:
        return path.read_bytes()
    except OSError as error:
        message = f"The file {printable(str(path))} cannot be read: {error.strerror}."
        raise InvalidInputError(message, code="unreadable_file") from error


def printable(name: str) -> str:
    """Return the name of a file with a question mark for each byte that is no UTF-8."""
    return name.encode(errors="replace").decode()
