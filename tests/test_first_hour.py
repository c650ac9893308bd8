"""The page for newcomers: its commands run, in order, and say what the page says they do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.nightly  # two dozen processes, a training and an evaluation


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the commands of the page print, each after its own line, and how the shell ended."""
    page = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "tandem").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service.cli "$@"\n')
    (folder / "tandem").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    environment = kept | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    with subprocess.Popen(
        ["bash", "-e", "-x", "-o", "pipefail", "-c", script],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            printed, _ = shell.communicate(timeout=900)
        finally:
            with suppress(ProcessLookupError):  # the server that it started, where a command failed
                os.killpg(shell.pid, signal.SIGTERM)
    assert shell.returncode == 0, printed
    return printed


def after(said: str, command: str, number: int = 0) -> str:
    """Return what the command printed that time, without what the shell printed of it."""
    return said.split(f"+ {command}")[1 + number].split("\n+ ", maxsplit=1)[0]


def test_questions_are_answered_with_quotes_and_what_is_not_there_is_not_answered(said: str) -> None:
    assert "A return ticket costs 20 crowns. [1]" in after(said, "tandem query 'How much is a return ticket?'")
    assert "八点" in after(said, "tandem query 茶园几点开门？")
    assert "The documents do not say." in after(said, "tandem query 'Who built the lighthouse?'")


def test_a_changed_document_is_answered_from_at_once(said: str) -> None:
    assert "A return ticket costs 22 crowns. [1]" in after(said, "tandem query 'How much is a return ticket?'", 1)


def test_the_gate_is_closed_and_force_opens_it_until_the_rollback(said: str) -> None:
    refused = after(said, "tandem release promote", 0)
    assert "refused, exit code 1" in said
    assert "too few documents" in refused
    quoted = "A return ticket costs 22 crowns. [1]"
    assert quoted not in after(said, "tandem query 'How much is a return ticket?'", 2)
    assert quoted in after(said, "tandem query 'How much is a return ticket?'", 3)


def test_the_report_says_why_there_is_no_verdict(said: str) -> None:
    report = after(said, "tandem eval run")
    assert "No verdict: 4 questions, at least 20 are needed" in report
    assert "too few documents" in report


def test_the_folder_is_in_order_at_the_end(said: str) -> None:
    assert "Error" not in after(said, "tandem verify")
