"""What commands print: ids whole at any width, nothing that a terminal obeys, and JSON whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import on_a_terminal, tandem
from pretended_server import pretended, refusal
from rich.cells import cell_len

from service.commands.readable import cell, described
from service.commands.table import Table
from service.commands.terminal import one_line, plain

EVIL = "[red]a\x1b]0;title\x07\x1b[2J\r\b\x9b31m\u202ecod.md\x7f\n2nd"
RAW = ("\x1b", "\x07", "\r", "\b", "\x9b", "\u202e", "\x7f")
COLUMNS = ("id", "kind", "progress", "note")
ROWS = [
    ["job_0123456789abcdefghij", "ingest", "100 %", ""],
    ["job_jihgfedcba9876543210", "tune_generator", "5 %", "The model is too large for the memory of this machine."],
]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_a_table_fits_its_terminal_and_never_cuts_an_id(width: int) -> None:
    lines = Table(COLUMNS, ROWS, ("note",)).fitted(ROWS, width)

    assert all(row[0] in "\n".join(lines).split() for row in ROWS)
    assert width < 40 or max(map(cell_len, lines)) <= width
    assert "".join(ROWS[1][3].split()) in "".join("".join(lines).split())


def test_characters_of_two_columns_keep_a_table_aligned() -> None:
    header, *rows = Table(("name", "id"), []).fitted([["云岭茶园", "x"], ["tea", "y"]], 80)

    at = header.index("id")
    assert [cell_len(row[: row.index(last)]) for row, last in zip(rows, "xy", strict=True)] == [at, at]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\x9bb\x85c", r"a\x9bb\x85c"),
        ("\u202egpj.exe\u2069", r"\u202egpj.exe\u2069"),
        ("over\rwritten\b", r"over\x0dwritten\x08"),
        ("half \ud800", r"half \ud800"),
        ("茶园 \N{FAMILY} é\ttab\r\nline", "茶园 \N{FAMILY} é\ttab\nline"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_by_its_number(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert one_line(f" {text}\n") == " ".join(shown.split())


def test_objects_are_text_for_people() -> None:
    model = {"id": "mdl_1", "object": "model", "flags": ["tainted"], "metrics": {"loss": 0.123456, "steps": 12}}
    model |= {"parent": None, "error": {"code": "c", "message": "No."}, "created_at": 0, "data": [{"a": 1, "b": True}]}

    text = "\n".join(described(model))

    assert "{" not in text
    assert [line.split() for line in text.splitlines()][:2] == [["id", "mdl_1"], ["flags", "tainted"]]
    assert ("No. (c)" in text, "  loss   0.1235" in text, "1970-01-01" in text or "1969-12-31" in text) == (True,) * 3
    assert cell({"train": 3, "test": 0}) == "train 3, test 0"


def answers(method: str, path: str, _: bytes) -> tuple[int, Any]:
    """Answer as a server in which everything has an evil name."""
    if path.endswith("/query"):
        citation = {"marker": "[1]", "external_id": EVIL, "start": 0, "end": 1, "quote": EVIL}
        return 200, {"answer": EVIL, "citations": [citation], "fallback": {"reason": EVIL}}
    if method == "POST":
        return refusal(409, EVIL)
    document = {"external_id": EVIL, "version": 1, "status": "failed", "passages": 0, "bytes": 1}
    rows = [document | {"id": f"doc_{number:020}", "error": {"code": "c", "message": EVIL}} for number in range(2)]
    return 200, {"object": "list", "data": rows, "has_more": False}


@pytest.mark.parametrize("columns", [40, 80])
def test_evil_names_reach_no_terminal_and_ids_are_whole_there(bare: dict[str, str], columns: int) -> None:
    with pretended(bare, answers):
        told = on_a_terminal(bare, columns, "document", "list")

    assert [raw for raw in RAW if raw in told] == []
    assert all(f"doc_{number:020}" in told for number in range(2))


def test_evil_texts_are_neutral_in_answers_errors_and_json(bare: dict[str, str]) -> None:
    with pretended(bare, answers):
        asked = tandem(bare, "query", "x")
        refused = tandem(bare, "release", "promote", "rel_1", "--json")
        piped = tandem(bare, "document", "list")

    told = asked.stdout + refused.stdout + refused.stderr + piped.stdout
    assert [raw for raw in RAW if raw in told] == []
    assert told.count("[red]a") == 10
    assert "Quoted, not written by the language model: " in asked.stdout
    assert json.loads(refused.stdout)["error"]["message"] == EVIL
    assert [line.split("\t")[-2][:4] for line in piped.stdout.splitlines()[1:]] == ["doc_"] * 2


def test_a_citation_names_its_page_and_that_a_picture_was_read(bare: dict[str, str]) -> None:
    place = {"external_id": "scan.pdf", "start": 0, "end": 4, "page": 3, "source": "ocr"}
    cited = place | {"marker": "[1]", "quote": "1.20"}
    answer = {"answer": "1.20 [1]", "citations": [cited], "fallback": None}
    with pretended(bare, lambda *_: (200, answer)):
        told = tandem(bare, "query", "x").stdout.splitlines()

    assert told == ["1.20 [1]", "  [1] scan.pdf, page 3, characters 0 to 4, recognised in a picture: 1.20"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--json", "query", "x", "-d", "Not A Name"), 2, "is not allowed"),
        (("domain", "--json", "delete"), 2, "Missing argument"),
        (("frobnicate", "--json"), 2, "No such command"),
        (("document", "show", "x.md", "--json"), 1, "EVIL"),
        (("domain", "delete", "d", "--json"), 1, "not answered with yes"),
    ],
)
def test_errors_are_one_json_object_wherever_json_was_asked_for(
    bare: dict[str, str], words: tuple[str, ...], code: int, message: str
) -> None:
    with pretended(bare, lambda *_: refusal(404, "EVIL")):
        ended = tandem(bare, *words)

    error = json.loads(ended.stdout)["error"]
    assert (ended.returncode, error.keys()) == (code, {"message", "type", "param", "code"})
    assert error["type"] == ("invalid_request_error" if code == 2 else "command_error")
    assert message in error["message"]
    assert "Traceback" not in ended.stderr


def test_the_version_and_the_short_help(bare: dict[str, str]) -> None:
    short, long = (tandem(bare, "job", option).stdout for option in ("-h", "--help"))

    assert short == long != ""
    assert tandem(bare, "--version").stdout.startswith("tandem 0.")


def test_a_reader_who_leaves_is_no_failure_to_report(bare: dict[str, str], tmp_path: Path) -> None:
    with pretended(bare, answers), (tmp_path / "err").open("wb") as errors:
        command = [sys.executable, "-m", "service.cli", "document", "list"]
        with subprocess.Popen(command, env=bare, stdout=subprocess.PIPE, stderr=errors) as listing:
            assert listing.stdout is not None
            listing.stdout.close()

    assert (listing.returncode, (tmp_path / "err").read_bytes()) == (1, b"")


def test_a_database_that_cannot_be_read_is_one_line(bare: dict[str, str]) -> None:
    home = Path(bare["TANDEM_HOME"])
    home.mkdir()
    (home / "tandem.db").write_bytes(b"no database at all, but text" * 100)

    ended = tandem(bare, "domain", "list", "--json")

    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
    assert json.loads(ended.stdout)["error"]["message"] in ended.stderr
