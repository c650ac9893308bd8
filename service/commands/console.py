"""What all commands share: options, output as a table or as JSON, progress bars, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from service.client import Client

Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="TANDEM_HOME", help="The data folder.", show_default="the user's data folder"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Domain = Annotated[str, typer.Option("--domain", "-d", help="The domain.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]


@contextmanager
def client(home: Path | None) -> Iterator[Client]:
    """Give a client of the server of the data folder."""
    from service.client import connect

    with connect(home) as connected:
        yield connected


def show(data: Any, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print an object, or a list as a table of these columns; as JSON exactly what the server answered."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    elif isinstance(data, dict) and data.get("object") == "list":
        _table(data["data"], columns)
    elif isinstance(data, dict):
        for key, value in data.items():
            typer.echo(f"{key:14} {_cell(value)}")
    else:
        typer.echo(data)


def run_job(connected: Client, job_id: str) -> dict[str, Any]:
    """Wait for a job behind a progress bar and return it; a failed job ends the command with exit code 1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(job_id, total=1.0)

        def report(job: dict[str, Any]) -> None:
            bar.update(task, completed=job["progress"], description=f"{job['kind']} {job['status']}")

        job = connected.wait(job_id, report)
    if job["status"] != "succeeded":
        error = job["error"] or {"message": f"The job was {job['status']}."}
        typer.echo(f"{job_id} {job['status']}: {error['message']}", err=True)
        raise typer.Exit(1)
    return job


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


def reported(command: Callable[[], None]) -> int:
    """Run the command line and return its exit code; a failure is one line on standard error, never a traceback."""
    from store.errors import TandemError

    try:
        command()
    except TandemError as error:
        from service.client import exit_code

        typer.echo(f"Error: {error.message}", err=True)
        return exit_code(error)
    except OSError as error:  # a disk that is full, a folder that may not be written
        typer.echo(f"Error: {' '.join(str(error).split())}.", err=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _table(rows: list[dict[str, Any]], columns: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console(soft_wrap=False).print(table if rows else "none")


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
