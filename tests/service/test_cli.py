"""The command line, as its users run it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from command_line import ROOT, in_one_line, tandem
from pretended_server import pretended

from service.cli import app


def test_help_answers_within_half_a_second() -> None:
    """On a slow or busy processor: in little more time than the library takes that lays it out."""
    ours = ("-m", "service.cli", "--help")
    least, library = 1.0, 0.0
    for _ in range(7):  # a busy processor only adds
        least, library = min(least, _computing(*ours)), max(library, _computing("-c", "import typer.rich_utils"))
        if least < max(0.5, 2.5 * library):
            break

    assert least < max(0.5, 2.5 * library)


def _computing(*arguments: str) -> float:
    """Return the processor time of an interpreter with these arguments."""
    begun = _computed()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
    return _computed() - begun


def _computed() -> float:
    """Return the processor time of all children so far: other tests run beside this one, and the clock counts them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_documents_are_ingested_asked_and_deleted(shell: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "ferry.md").write_text("# Ferry\n\nA single ticket costs 12 crowns.", encoding="utf-8")
    (folder / "tool.exe").write_bytes(b"MZ")

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


def leaves(command: Any, name: str = "tandem") -> Iterator[tuple[str, Any]]:
    for child in getattr(command, "commands", {}).values():
        yield from leaves(child, f"{name} {child.name}")
    if not hasattr(command, "commands"):
        yield name, command


def test_a_command_that_finds_a_server_loads_neither_database_nor_models() -> None:
    heavy = "sqlalchemy", "fastapi", "faiss", "openvino", "tantivy", "numpy", "torch"
    script = f"import sys, service.client; print([name for name in {heavy!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)

    assert loaded.stdout == "[]\n"


def test_every_command_has_help_with_an_example_and_json() -> None:
    found = dict(leaves(typer.main.get_command(app)))

    assert len(found) > 20
    assert [name for name, command in found.items() if not command.help] == []
    assert [name for name, command in found.items() if f"Example: {name}" not in (command.epilog or "")] == []
    options = {name: [opt for param in command.params for opt in param.opts] for name, command in found.items()}
    assert [name for name in found if "--json" not in options[name]] == []


@pytest.mark.parametrize(
    ("content", "variables", "message"),
    [
        ("retriever = [", {}, "tandem.toml cannot be read"),
        ("nonsense = 1", {}, "There is no setting nonsense."),
        ("", {"TANDEM_RETRIEVER": "x"}, "retriever"),
    ],
)
def test_settings_that_cannot_be_read_are_wrong_use(
    bare: dict[str, str], tmp_path: Path, content: str, variables: dict[str, str], message: str
) -> None:
    (tmp_path / "tandem.toml").write_text(content, encoding="utf-8")

    ended = tandem(bare | variables, "domain", "list", cwd=tmp_path)

    assert (ended.returncode, message in in_one_line(ended)) == (2, True), ended.stderr


def test_a_broken_recipe_is_wrong_use(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[lora", encoding="utf-8")

    ended = tandem(bare, "tune", "generator", "--dataset", "x", "-c", str(tmp_path / "broken.toml"))

    assert (ended.returncode, "broken.toml" in in_one_line(ended)) == (2, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.toml", "[lora]\nr = 4\nlearning_rate = 1e-4\nepochs = 9"),
        ("r.yaml", "lora:\n  r: 4\n  learning_rate: 1e-4\n  epochs: 9"),  # YAML 1.1 reads 1e-4 as a string
    ],
)
def test_a_recipe_and_the_overrides_that_win_reach_the_server(
    bare: dict[str, str], tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    job = {"id": "job_1", "kind": "tune_generator", "status": "succeeded", "progress": 1.0, "result": {"model": "m"}}

    with pretended(bare, lambda *_: (200, job)) as seen:
        ended = tandem(bare, "tune", "generator", "--dataset", "x", "-c", str(tmp_path / name), "lora.epochs=2")

    assert ended.returncode == 0, ended.stderr
    assert json.loads(seen[0][2])["params"]["lora"] == {"r": 4, "learning_rate": 1e-4, "epochs": 2}


def test_a_data_set_that_cannot_be_read_is_wrong_use(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").symlink_to("/proc/self/mem")  # refused even to root

    ended = tandem(bare, "dataset", "import", str(tmp_path / "faq.jsonl"), "--name", "faq")

    assert (ended.returncode, "faq.jsonl cannot be read" in in_one_line(ended)) == (2, True)


def test_a_data_folder_that_cannot_be_made_is_one_line(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    ended = tandem(bare, "domain", "list", "--home", str(tmp_path / "file" / "home"))

    assert (ended.returncode, "Not a directory" in in_one_line(ended)) == (1, True)


def test_the_demo_ends_with_an_object(shell: dict[str, str], tmp_path: Path) -> None:
    ended = tandem(shell, "demo", "--quick", "--json", "--home", str(tmp_path / "demo"))

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told.keys(), told["home"]) == ({"seconds", "verdict", "home"}, str(tmp_path / "demo"))
    assert (told["seconds"] > 0, told["verdict"]) == (True, None)
    assert "searchable after" in ended.stderr
