"""Commands of operators: serve, doctor, verify, demo, version."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Home, client, show
from service.commands.readable import cell
from service.commands.terminal import say, say_json

if TYPE_CHECKING:
    from service.replies import Fields
    from service.settings import Settings
    from store.json_values import Json

_LONG = 40  # characters of a cell that gets lines of its own


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Without a key only a loopback address.", show_default="service.host, 127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0: any free one.", show_default="service.port, 8321")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve over HTTP; the pages for developers are at /docs.

    Once it listens it says where, and what it serves; with --json as an object on one line. The log of requests goes to
    standard output, with --json to standard error.
    """
    from service.http.server import serve as run
    from service.settings import load_settings

    given = {key: value for key, value in {"host": host, "port": port}.items() if value is not None}
    settings = load_settings(home, service=given)

    def announce(url: str, needs_key: bool) -> None:
        if as_json:
            say_json({"url": url, "pid": os.getpid()}, indent=None)
        else:
            say("\n".join(_banner(url, settings, needs_key)))

    run(settings, announce, requests_to="stderr" if as_json else "stdout")


def verify(home: Home = None, as_json: AsJson = False) -> None:
    """Check every invariant of a data folder: originals, passages, change log, indexes, releases, artifacts.

    It writes nothing, and may run beside a server and on a folder that may not be written.
    """
    from retriever.index.verification import verify_folder
    from service.settings import load_settings

    settings = load_settings(home)
    problems = verify_folder(settings.home)
    show({"home": str(settings.home), "sound": not problems, "problems": problems}, as_json)
    if problems:
        raise typer.Exit(1)


def doctor(home: Home = None, as_json: AsJson = False) -> None:
    """Say what the server runs on, what the encoder can read of each domain, and what to do about it."""
    from service.replies import Fields

    with client(home) as server:
        found = server.read(Fields, "GET", "/v1/doctor")
    if as_json:
        show(found, as_json)
        return
    lists = {name: rows for name, value in found.items() if (rows := _rows(value))}
    show({name: value for name, value in found.items() if name not in lists}, as_json)
    for name, rows in lists.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        details = [column for column in columns if any(len(cell(row.get(column))) > _LONG for row in rows)]
        say(f"\n{name}")
        show({"object": "list", "data": rows}, as_json, columns, details)


def _rows(value: Json) -> list[Fields]:
    """Return the objects of a part of the diagnosis that is a list of objects, else none."""
    items = value if isinstance(value, list) else []
    objects = [item for item in items if isinstance(item, dict)]
    return objects if len(objects) == len(items) else []


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Stop after the questions.")] = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="A fresh folder; default: a temporary one, removed at the end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the whole loop on documents that ship with Tandem: ask, tune, compare, promote, roll back.

    With --json the talk goes to standard error, and the end is an object with seconds, verdict and home.
    """
    from service.demo.walk import run_demo

    if not as_json:
        run_demo(home, quick=quick)
        return
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tandem-demo-") as temporary:
        place = home or Path(temporary) / "home"
        with redirect_stdout(sys.stderr):
            run_demo(place, quick=quick)
        seconds = round(time.monotonic() - begun, 1)
        show({"seconds": seconds, "verdict": _verdict(place), "home": str(place)}, as_json)


def version(as_json: AsJson = False) -> None:
    """Print the versions of Tandem and of what it stands on."""
    import platform

    names = ("torch", "transformers", "peft", "trl", "openvino", "faiss-cpu", "tantivy", "pysqlite3")
    found = {"tandem": _installed("tandem-rag"), "python": platform.python_version()}
    show(found | {name: _installed(name) for name in names}, as_json)


def print_version(wanted: bool) -> None:
    """Print the version of Tandem and end, if it is wanted."""
    if wanted:
        say(f"tandem {_installed('tandem-rag')}")
        raise typer.Exit


def _installed(name: str) -> str | None:
    """Return the version of a package, or None if it is not there: not every platform needs all of them."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _banner(url: str, settings: Settings, needs_key: bool) -> list[str]:
    """Return what a person wants to know when a server starts."""
    from retriever.documents.sandbox.confinement import protections
    from service.settings import settings_from

    model = settings.generator.base_model
    about = {
        "pages": f"{url}/docs, for developers",
        "data folder": settings.home.absolute(),
        "model": model or "none: answers quote passages (generator.base_model names one)",
        "key": "every request needs one" if needs_key else "none: only this machine is served (tandem key create)",
        "settings": settings_from(),
    }
    guarded = protections()
    if not (guarded.network and guarded.files and guarded.calls):
        about["documents"] = guarded.in_words()
    lines = [f"  {name:11}  {value}" for name, value in about.items()]
    return [f"Tandem {_installed('tandem-rag')} listens at {url}", *lines, "Stop it with Ctrl-C."]


def _verdict(home: Path) -> str | None:
    """Return the arm that the newest evaluation in a data folder prefers."""
    from store.evaluations import list_evaluations
    from store.store import Store

    store = Store.open(home)
    reports = [evaluation.report for evaluation in list_evaluations(store, None)]
    store.close()
    verdict = (reports[0] or {}).get("verdict") if reports else None
    return str(verdict["arm"]) if isinstance(verdict, dict) else None
