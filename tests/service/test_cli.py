"""The command line, as its users run it: a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.server import local_server
from service.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shell(settings: Settings) -> dict[str, str]:
    """The environment of a user with a data folder of their own."""
    return os.environ | {
        "TANDEM_HOME": str(settings.home),
        "TANDEM_RETRIEVER__CACHE": str(settings.retriever.cache),
        "PYTHONPATH": str(ROOT),
    }


def tandem(shell: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words], env=shell, capture_output=True, text=True, check=False, cwd=cwd
    )


def test_help_answers_within_half_a_second() -> None:
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "service.cli", "--help"], check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - begun)

    assert statistics.median(times) < 0.5


def test_documents_are_ingested_asked_and_deleted(shell: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "ferry.md").write_text("# Ferry\n\nA single ticket costs 12 crowns.", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")

    ingested = tandem(shell, "ingest", str(folder), "-d", "handbook", "--json")
    assert ingested.returncode == 0, ingested.stderr
    (item,) = json.loads(ingested.stdout)["data"]
    assert (item["external_id"], item["result"], item["status"]) == ("sub/ferry.md", "created", "searchable")

    answer = tandem(shell, "query", "How much does a single ticket cost?", "-d", "handbook")
    assert answer.stdout.splitlines() == [
        "A single ticket costs 12 crowns. [1]",
        "  [1] sub/ferry.md, characters 9 to 41: A single ticket costs 12 crowns.",
    ]
    sound = tandem(shell, "verify", "--json")
    assert (sound.returncode, json.loads(sound.stdout)["problems"]) == (0, [])
    deleted = tandem(shell, "document", "delete", "sub/ferry.md", "-d", "handbook", "--json")
    assert json.loads(deleted.stdout)["deleted"] is True


def test_commands_talk_to_the_running_server(shell: dict[str, str], settings: Settings) -> None:
    with local_server(settings):
        created = tandem(shell, "domain", "create", "handbook", "--json")
        listed = tandem(shell, "domain", "list")

    assert json.loads(created.stdout)["name"] == "handbook"
    assert "handbook" in listed.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("query", "x", "-d", "nowhere"), 1, "There is no domain 'nowhere'"),
        (("domain", "create", "Not A Name"), 2, "is not allowed"),
        (("serve", "--host", "0.0.0.0"), 2, "TANDEM_API_KEY"),
        (("ingest", "no-such-file"), 2, "does not exist"),
        (("frobnicate",), 2, "No such command"),
        (("verify",), 2, "no data folder"),
    ],
)
def test_wrong_use_gets_a_message_and_its_exit_code(
    shell: dict[str, str], words: tuple[str, ...], code: int, message: str
) -> None:
    ended = tandem(shell, *words)

    assert (ended.returncode, message in " ".join(ended.stderr.replace("│", " ").split())) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_is_named(shell: dict[str, str]) -> None:
    ended = tandem(shell | {"TANDEM_RETRIEVER__CANDIDATES": "many"}, "domain", "list")

    assert ended.returncode == 2
    assert "retriever.candidates" in ended.stderr


def test_a_file_that_cannot_be_read_is_named_and_fails_the_command(shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("A fact.", encoding="utf-8")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")

    ended = tandem(shell, "ingest", str(tmp_path / "good.md"), str(tmp_path / "empty.md"), "--json")

    items = {item["external_id"]: item for item in json.loads(ended.stdout)["data"]}
    assert ended.returncode == 1
    assert items["good.md"]["status"] == "searchable"
    assert items["empty.md"]["error"]["code"] == "empty_document"
