"""Commands of data sets: import, template, list, check, split, export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from service.commands.console import AsJson, Domain, Home, Limit, at, client, noun, printable, read_file, show
from service.commands.terminal import complain, say

datasets = noun("Examples to learn from and to measure on.")
_SPLITS = "train, dev or test."
Named = Annotated[str, typer.Argument(help="Name or id of the data set.")]


@datasets.command("import", epilog="Example: tandem dataset import questions.jsonl --name faq -d handbook")
def import_dataset(
    files: Annotated[
        list[Path], typer.Argument(exists=True, help="A file, a folder of BEIR, or a file with its info.")
    ],
    name: Annotated[str, typer.Option("--name", help="What the data set is to be called.")],
    split: Annotated[
        str | None, typer.Option(help=f"For records that name none: {_SPLITS} Where none does: by document.")
    ] = None,
    written_as: Annotated[
        str | None, typer.Option("--format", help="Told by the fields of the records if not given.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out what is wrong and list it, instead of refusing the file.")
    ] = False,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Import examples: JSON Lines, a JSON array or object, CSV, TSV or Parquet, in any of the usual formats.

    Questions: {"question": "…", "answers": ["…"], "documents": ["fares.md"], "split": "train"}; the last two may be
    missing, and "answers": [] means that the documents do not say. Also chat messages (OpenAI, TRL), Alpaca, ShareGPT,
    prompt and completion, preferences, triplets, FlagEmbedding, SQuAD, Ragas, RAGChecker, AutoRAG, LlamaIndex,
    ms-swift, texts, and folders of BEIR. Where no record names a split, the file is split by document: 60 % train,
    20 % dev, 20 % test.
    """
    form = {"name": name, "skip_bad": str(skip_bad).lower()}
    form |= {key: value for key, value in (("split", split), ("format", written_as)) if value}
    found = [("file", (label, read_file(path))) for label, path in _files(files)]
    with client(home) as server:
        show(server.call("POST", f"/v1/domains/{domain}/datasets", data=form, files=found), as_json)


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files to send with their names; of a folder, what a data set in several files has."""
    for path in paths:
        if not path.is_dir():
            yield printable(path.name), path
            continue
        names = ("corpus.jsonl", "queries.jsonl", "qa.parquet", "corpus.parquet")
        found = [*(path / each for each in names if (path / each).is_file()), *sorted(path.glob("qrels/*.tsv"))]
        if not found:
            from store.errors import InvalidInputError

            raise InvalidInputError(
                f"{printable(str(path))} has no queries.jsonl with corpus.jsonl and qrels/<split>.tsv (BEIR), and "
                "no qa.parquet with corpus.parquet (AutoRAG). Name the files of a data set one by one."
            )
        yield from ((printable(each.relative_to(path).as_posix()), each) for each in found)


@datasets.command("list", epilog="Example: tandem dataset list -d handbook")
def list_datasets(domain: Domain = "default", limit: Limit = 20, home: Home = None, as_json: AsJson = False) -> None:
    """List the data sets, the newest first."""
    with client(home) as server:
        found = server.call("GET", f"/v1/domains/{domain}/datasets", params={"limit": limit})
        show(found, as_json, ("name", "kind", "drafts", "tainted", "outdated", "id", "counts"), ("counts",))


@datasets.command("template", epilog="Example: tandem dataset template sentiment reviews.csv --name moods text=body")
def fill_template(  # noqa: PLR0913  (each is an option of the command)
    template: Annotated[
        str | None, typer.Argument(help="A template, or a file with your own; none: list them.", show_default=False)
    ] = None,
    table: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="CSV, TSV, JSON or Parquet.", show_default=False)
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Argument(help="field=column, or field==text for all records.", show_default=False)
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the data set is to be called.")] = "",
    language: Annotated[str, typer.Option(help="Of the wordings: record (its own), en, zh or both.")] = "record",
    wordings: Annotated[int, typer.Option(min=1, max=20, help="So many of each record in each language.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Which wording each record gets.")] = 0,
    split: Annotated[str | None, typer.Option(help=f"For records that name none: {_SPLITS} Else by chance.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out what cannot be used, and list it.")] = False,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make instructions of raw records: reviews, tickets, translations. Without arguments, list the templates.

    A table of reviews with the columns body and stars becomes questions for their sentiment, in several wordings:
    tandem dataset template sentiment reviews.csv text=body rating=stars --name moods --wordings 2
    """
    import json

    from store.errors import InvalidInputError

    if template is None:
        _list_templates()
        return
    if table is None or not name:
        raise InvalidInputError("A template needs a table to fill it from, and --name for the data set.")
    pairs = dict(_pair(each) for each in columns or [])
    own = Path(template)
    given = read_file(own).decode(errors="replace") if own.suffix == ".toml" else template
    body = {"template": given, "name": name, "columns": pairs, "language": language, "wordings": wordings}
    body |= {"seed": seed, "split": split, "skip_bad": skip_bad}
    with client(home) as server:
        path = f"/v1/domains/{domain}/datasets/template"
        files = {"file": (printable(table.name), read_file(table))}
        show(server.call("POST", path, data={"filling": json.dumps(body)}, files=files), as_json)


def _list_templates() -> None:
    from tuner.data.templates.template import shipped

    for name, each in shipped().items():
        fields = ", ".join(f"{field} ({about})" for field, about in each.fields.items())
        say(f"{name}: {each.about}. Fields: {fields}.")


def _pair(given: str) -> tuple[str, str]:
    from store.errors import InvalidInputError

    field, sign, column = given.partition("=")
    if not sign or not field or not column:
        raise InvalidInputError(f"{given!r} is not field=column (or field==text).")
    return field, column


@datasets.command("check", epilog="Example: tandem dataset check faq -d handbook")
def check_dataset(dataset: Named, domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Tell what looks wrong before anything is trained; exit code 1 if training examples give away what is measured.

    Looked for are contradicting answers, answers that stand in no document, long ones, near-duplicates, drafts that
    nobody reviewed, and leaks: train examples that ask what dev or test of the domain ask, or teach their answers.
    """
    from service.replies import Check

    path = at("domains", domain, "datasets", dataset, "check")
    with client(home) as server:
        found = server.read(Check, "GET", path)
        if as_json:
            show(server.call("GET", path), as_json)
        else:
            for line in [
                *(each.message for each in found.findings),
                *(f"Leak: {each.message}" for each in found.leaks),
            ]:
                say(line)
            complain(f"{len(found.findings)} findings, {len(found.leaks)} leaks.")
    if found.leaks:
        raise typer.Exit(1)


@datasets.command("split", epilog="Example: tandem dataset split faq -d handbook --drop-leaks")
def split_dataset(
    dataset: Named,
    drop_leaks: Annotated[
        bool, typer.Option("--drop-leaks", help="Remove from train what gives dev or test away, never from these.")
    ] = False,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Split a data set anew: examples about one document stay together, 60 % train, 20 % dev, 20 % test."""
    with client(home) as server:
        path = at("domains", domain, "datasets", dataset, "split")
        show(server.call("POST", path, json={"drop_leaks": drop_leaks}), as_json)


@datasets.command("export", epilog="Example: tandem dataset export faq -d handbook --format beir --out faq-beir")
def export_dataset(
    dataset: Named,
    form: Annotated[
        str, typer.Option("--format", help="chat (OpenAI, TRL), beir (a folder), or lines (all that is stored).")
    ] = "chat",
    split: Annotated[str | None, typer.Option(help=f"Only {_SPLITS}")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file or, for beir, the folder to write; standard output if not given.")
    ] = None,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write a data set for other tools; examples whose documents were deleted or replaced are left out.

    With --json and --out the files that were written are told, and how large they are.
    """
    asked = {"format": form} | ({"split": split} if split else {})
    with client(home) as server:
        data = server.download(at("domains", domain, "datasets", dataset, "export"), params=asked)
    archived = data.startswith(b"PK\x03\x04")
    if out is None and not archived:
        _print(data)
        return
    if out is None:
        from store.errors import InvalidInputError

        raise InvalidInputError(f"The export {form} is a folder: say with --out where to write it.")
    files = {out / name: content for name, content in _unpacked(data)} if archived else {out: data}
    for path, content in files.items():
        _write(path, content)
        if not as_json:
            complain(f"Written: {printable(str(path))}, {len(content)} bytes.")
    if as_json:
        written = [{"path": str(path), "bytes": len(content)} for path, content in files.items()]
        show({"object": "export", "format": form, "files": written}, as_json=True)


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive by name."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _print(data: bytes) -> None:
    """Print a file: byte for byte, unless a person reads it, whose terminal must not obey it."""
    import sys

    if sys.stdout.isatty():
        say(data.decode().rstrip("\n"))
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def _write(path: Path, data: bytes) -> None:
    from store.errors import InvalidInputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise InvalidInputError(f"{printable(str(path))} is there already; nothing is written over.") from error
    except OSError as error:
        raise InvalidInputError(f"{printable(str(path))} cannot be written: {error.strerror}.") from error
