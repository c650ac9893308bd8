"""The command `sync`: the documents that a folder brought become what the folder holds, once or all the time."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Domain, Home, printable, show
from service.commands.files import Choice, gather
from service.commands.terminal import complain, one_line, say, say_json
from store.errors import TandemError

if TYPE_CHECKING:
    from service.commands.mirror import Mirror, Round

_LOOK_S = 1.0  # between two looks at a folder; longer where a look takes long
_SHARE = 20  # of the time at least, looking is at rest
_PATIENCE = 10  # looks: so long a folder that is being written is waited for
_WHILE_S = 120.0
_TRY_S = 2.0  # between two tries to reach the server


@dataclass(frozen=True)
class Way:
    """How a folder is mirrored, and what is told of it."""

    dry_run: bool
    verbose: bool
    as_json: bool
    follows: bool = False  # then an object a line


def sync(  # noqa: PLR0913  (each is an option of the command)
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder.", show_default=False)],
    domain: Domain = "default",
    watch: Annotated[bool, typer.Option("--watch", help="Go on: follow changes until Ctrl-C.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    delete_many: Annotated[
        bool,
        typer.Option("--delete-many", help="Delete even all documents, or more than half of them, whose file is gone."),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take over documents of these external ids that came from elsewhere.")
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="External ids are paths inside this folder; default: FOLDER."),
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Take hidden files and folders, too.")] = False,
    links: Annotated[bool, typer.Option("--follow-links", help="Follow symbolic links inside the folder.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name every file, unchanged ones too.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Mirror a folder: upload what is new or changed, rename what has moved, delete what is gone.

    Only documents that this folder brought are renamed or deleted. What cannot be read stays as it was, is named, and
    makes the exit code 1. If all or most of the files are gone at once, nothing is deleted without --delete-many: a
    disk may be missing. With --watch it needs a running server, and waits for one that restarts.
    """
    from service.commands.mirror import Mirror
    from service.commands.mirroring import Rules

    choice = Choice(hidden, links, root or folder)
    mirror = Mirror(folder, domain, home, choice, Rules(replace, delete_many))
    way = Way(dry_run, verbose, as_json, follows=watch)
    if watch:
        _follow(mirror, choice, folder, way)
    done = mirror.run(dry_run=dry_run)
    _tell(done, domain, way)
    if done.failed:
        raise typer.Exit(1)


def _follow(mirror: Mirror, choice: Choice, folder: Path, way: Way) -> None:
    """Mirror the folder whenever it has changed and its files are written, until an interrupt."""
    if way.dry_run:
        raise typer.BadParameter("--dry-run says what would be done once; it does not go with --watch.")
    seen: object = None
    first = True
    while True:
        seen = _changed(folder, choice, seen)
        while not _once(mirror, way, first=first):
            time.sleep(_TRY_S)
        first = False
        mirror.retry_no_failures()


def _once(mirror: Mirror, way: Way, *, first: bool) -> bool:
    """Mirror the folder through the running server; return False if there is none, which is said once."""
    try:
        done = mirror.run(dry_run=False, follows=True)
    except TandemError as error:
        if mirror.complaint != error.message:
            complain(f"Waiting: {error.message}")
        mirror.complaint = error.message
        return False
    mirror.complaint = ""
    if done.did_something or first:
        _tell(done, mirror.domain, way, first=first)
    return True


def _changed(folder: Path, choice: Choice, seen: object) -> object:
    """Wait until the folder is not what was seen, and was looked at twice without a difference; return how it is.

    After a while it is enough that it was looked at: what others did to the documents, and which failed, is seen then.
    """
    looks, before, until = 0, seen, time.monotonic() + _WHILE_S
    while time.monotonic() < until:
        begun = time.monotonic()
        now = _look(folder, choice)
        took = time.monotonic() - begun
        looks = looks + 1 if now != seen else 0
        if now != seen and (now == before or looks >= _PATIENCE):
            return now
        before = now
        time.sleep(max(_LOOK_S, _SHARE * took))
    return before


def _look(folder: Path, choice: Choice) -> object:
    """Return what changes whenever a file of the folder does."""
    gathered = gather([folder], choice)
    states = []
    for file in gathered.files:
        try:
            status = file.path.stat()
        except OSError:
            states.append((file.external_id, 0, 0, 0))
        else:
            states.append((file.external_id, status.st_size, status.st_mtime_ns, status.st_ino))
    return states, gathered.failed


def _tell(done: Round, domain: str, way: Way, *, first: bool = True) -> None:
    """Print what was done: failures and changes, the totals, and what was skipped, by name the `first` time."""
    skipped = [{"path": printable(str(each.path)), "reason": each.reason} for each in done.gathered.skipped]
    if way.as_json:
        content = {"object": "list", "dry_run": way.dry_run, "data": [asdict(each) for each in done.items]}
        say_json(content | {"skipped": skipped}, indent=None if way.follows else 2)
        return
    shown = [asdict(each) for each in done.items if way.verbose or each.result != "unchanged"]
    if shown:
        columns = ("external_id", "result", "before", "error", "warning")
        show({"object": "list", "data": shown}, as_json=False, columns=columns, details=("error", "warning"))
    results = Counter(each.result for each in done.items)
    counts = ", ".join(f"{count} {name}" for name, count in results.items())
    would = "would be " if way.dry_run else ""
    say(f"{domain}: {would}{counts}" if counts else f"{domain}: the folder holds no file that can be taken")
    if skipped:
        say(done.gathered.summary())
        if way.verbose or first:
            say("\n".join(f"  {one_line(each['path'])}: {each['reason']}" for each in skipped))
