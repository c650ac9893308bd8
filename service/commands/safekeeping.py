"""Commands that keep a data folder safe: backup, restore, reindex."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Home, OneDomain, at, client, show
from service.commands.terminal import say

if TYPE_CHECKING:
    from store.backups import Backup, Says

_Place = Annotated[Path, typer.Argument(help="A folder of backups, outside the data folder.", show_default=False)]
_COLUMNS = ("name", "created_at", "documents", "bytes", "seq", "missing")


def backup(
    place: _Place,
    check: Annotated[bool, typer.Option("--check", help="Restore it beside the backups and verify that.")] = False,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Remove all but so many backups, and what only they held.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list the backups that there are.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Back up a data folder, also while its server runs; only what no backup before holds is written.

    A backup is a state that existed: database, originals, models. Older backups keep what was deleted since: --keep
    removes them. A file that the data folder itself has lost is named, and makes the exit code 1.
    """
    from service.settings import load_settings
    from store.backups import keep_newest, list_backups, make_backup

    if listed:
        rows = [_about(name, each) for name, each in list_backups(place)]
        show({"object": "list", "data": rows}, as_json, _COLUMNS)
        return
    begun = time.monotonic()
    with _bar() as says:
        made = make_backup(load_settings(home).home, place, says)
        problems = _checked(place, made.backup, says) if check else None
    removed, freed = keep_newest(place, keep) if keep else ([], 0)
    about = _about(made.name, made.backup) | {
        "new_bytes": made.new_bytes,
        "seconds": round(time.monotonic() - begun, 1),
        "missing": made.backup.missing,
        "removed": removed,
        "freed_bytes": freed,
    }
    show(about | ({} if problems is None else {"sound": not problems, "problems": problems}), as_json)
    if made.backup.missing or problems:
        raise typer.Exit(1)


def restore(
    place: _Place,
    name: Annotated[
        str | None, typer.Option("--backup", help="Which one, by its name.", show_default="the newest")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a data folder of a backup, where none is yet, and verify it.

    A backup of which a byte is not what it was is refused, and leaves nothing. The first start builds the indexes.
    """
    from retriever.index.verification import verify_folder
    from service.settings import load_settings
    from store.backups import find_backup, restore_backup

    found, content = find_backup(place, name)
    target = load_settings(home).home
    with _bar() as says:
        restore_backup(place, content, target, says)
    problems = verify_folder(target)
    show(_about(found, content) | {"home": str(target), "sound": not problems, "problems": problems}, as_json)
    if problems:
        raise typer.Exit(1)


def reindex(domain: OneDomain = None, home: Home = None, as_json: AsJson = False) -> None:
    """Build the search indexes anew from the database, of one domain or of all; searches go on meanwhile."""
    from service.replies import Fields

    with client(home) as server:
        names = [domain] if domain else [str(each["name"]) for each in server.pages(Fields, "/v1/domains")]
        rows = [server.read(Fields, "POST", at("domains", name, "reindex")) for name in names]
    show({"object": "list", "data": rows}, as_json, ("domain", "texts", "index_seq"))
    if not as_json and not rows:
        say("There are no domains.")


def _checked(place: Path, made: Backup, says: Says) -> list[str]:
    """Return what is wrong with what a backup restores to."""
    from retriever.index.verification import verify_folder
    from store.backups import restore_backup

    with tempfile.TemporaryDirectory(dir=place, prefix="tmp_check_") as scratch:
        restore_backup(place, made, Path(scratch) / "home", says)
        return verify_folder(Path(scratch) / "home")


def _about(name: str, made: Backup) -> dict[str, object]:
    return {
        "name": name,
        "created_at": made.created_at,
        "documents": made.documents,
        "bytes": sum(file.bytes for file in made.files),
        "seq": made.seq,
        "missing": len(made.missing),
    }


@contextmanager
def _bar() -> Iterator[Says]:
    from service.commands.progress import bar

    with bar("reading") as shown:
        yield shown.to
