"""Commands of operators: serve, verify, demo, version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.console import AsJson, Home, show


def serve(
    host: Annotated[str, typer.Option(help="Without TANDEM_API_KEY only a loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8321,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve over HTTP; the pages for developers are at /docs."""
    del as_json
    from service.server import serve as run
    from service.settings import load_settings

    run(load_settings(home), host, port)


def verify(home: Home = None, as_json: AsJson = False) -> None:
    """Check every invariant of a data folder: originals, passages, change log, indexes, releases, artifacts."""
    from generator.engine import Engine
    from service.settings import load_settings
    from store.store import Store

    settings = load_settings(home)
    if not (settings.home / "tandem.db").is_file():
        raise typer.BadParameter(f"{settings.home} is no data folder of Tandem", param_hint="--home")
    store = Store.open(settings.home)
    problems = Engine(store, settings.retriever, settings.generator).verify()
    store.close()
    show({"home": str(settings.home), "sound": not problems, "problems": problems}, as_json)
    if problems:
        raise typer.Exit(1)


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Stop after the questions.")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="A fresh folder; default: a temporary one.")] = None,
) -> None:
    """Show the whole loop on documents that ship with Tandem: ask, tune, compare, promote, roll back."""
    from service.demo.walk import run_demo

    run_demo(home, quick=quick)


def version(as_json: AsJson = False) -> None:
    """Print the versions of Tandem and of what it stands on."""
    import platform
    from importlib.metadata import version as installed

    names = ("torch", "transformers", "peft", "trl", "openvino", "faiss-cpu", "tantivy", "pysqlite3")
    found = {"tandem": installed("tandem-rag"), "python": platform.python_version()}
    show(found | {name: installed(name) for name in names}, as_json)
