"""The command `ingest`: what it takes, its bars, and what it says in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Domain, Home, client, show
from service.commands.files import Choice, Gathered, gather
from service.commands.terminal import one_line, say

if TYPE_CHECKING:
    from service.commands.uploading import Outcome


def ingest(  # noqa: PLR0913  (each is an option of the command)
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders.", show_default=False)],
    domain: Domain = "default",
    root: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="External ids are paths inside this folder; default: the folder named, or a file's name.",
        ),
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Take hidden files and folders, too.")] = False,
    links: Annotated[bool, typer.Option("--follow-links", help="Follow symbolic links inside folders.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let a file replace the document of another file of its external id.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name every file.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Upload text and Markdown files and wait until they can be searched; the domain is created if it is missing.

    A file's external id is its name, or its path inside the folder named; it keeps that when it is ingested again, from
    whichever folder, and no other file of that name replaces it. What is skipped is told; a file that fails does not
    keep the others back, and makes the exit code 1.
    """
    gathered = gather(paths, Choice(hidden, links, root))
    wanted = gathered.files or gathered.failed
    outcomes = _upload(gathered, domain, home, rename=root is None, take_over=replace) if wanted else []
    failed = any(outcome.error for outcome in outcomes)
    if as_json:
        skipped = [{"path": str(each.path), "reason": each.reason} for each in gathered.skipped]
        show({"object": "list", "data": [asdict(each) for each in outcomes], "skipped": _utf8(skipped)}, as_json)
    else:
        _tell(outcomes, gathered, domain, verbose)
    if failed or not outcomes:
        raise typer.Exit(1)


def _upload(gathered: Gathered, domain: str, home: Path | None, *, rename: bool, take_over: bool) -> list[Outcome]:
    """Upload the files, wait for the jobs behind bars, and return what became of each."""
    from service.commands.progress import bar
    from service.commands.sources import Sources
    from service.commands.uploading import Uploads, make_domain, wait_for
    from service.settings import load_settings
    from store.errors import InvalidInputError

    settings = load_settings(home)
    with client(home) as server:
        uploads = Uploads(server, domain, settings.retriever.max_document_bytes)
        for each in gathered.failed:
            uploads.fail(str(each.path), InvalidInputError(each.reason, code="unreadable_file"))
        if not gathered.files:
            return uploads.outcomes([])
        make_domain(server, domain)
        sources = Sources(settings.home, domain)
        files = sources.settle(server, gathered.files, rename=rename, fail=None if take_over else uploads.fail)
        says = f"upload of {len(files)} files"
        with bar(says) as shown:
            uploads.send(files, lambda share: shown.to(share, says))
        sources.remember(files, uploads.stored(), take_over=take_over)
        return uploads.outcomes(wait_for(uploads))


def _tell(outcomes: Sequence[Outcome], gathered: Gathered, domain: str, verbose: bool) -> None:
    """Print the failures and what is in doubt (with `verbose` everything) and the totals."""
    shown = [asdict(each) for each in outcomes if verbose or each.error or each.warning]
    if shown:
        columns = ("external_id", "result", "status", "passages", "error", "warning")
        show({"object": "list", "data": shown}, as_json=False, columns=columns, details=("error", "warning"))
    results = Counter(each.result for each in outcomes)
    counts = [f"{results[name]} {name}" for name in ("created", "updated", "unchanged", "failed") if results[name]]
    total = f"{len(outcomes)} {'file' if len(outcomes) == 1 else 'files'}"
    say(f"{domain}: {total}, {', '.join(counts)}" if outcomes else f"{domain}: no file was taken")
    if gathered.skipped:
        say(gathered.summary())
        say("\n".join(f"  {one_line(str(each.path))}: {each.reason}" for each in gathered.skipped))


def _utf8(skipped: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    from service.commands.console import printable

    return [{name: printable(text) for name, text in each.items()} for each in skipped]
