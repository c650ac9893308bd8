"""The server makes no requests itself: whatever its processes do, they talk to this machine alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, tandem_alone

_HOOK = """
import os, sys

def told(event, given):
    if event in ("socket.connect", "socket.sendto"):
        place = given[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        place = given[:1]
    else:
        return
    host = place[0] if isinstance(place, tuple) else "unix"
    with open(os.environ["TOLD"], "a") as file:
        file.write(f"{event} {host}\\n")

sys.addaudithook(told)
"""
_LOCAL = {"127.0.0.1", "::1", "localhost", "unix", "None"}


@pytest.fixture
def listened(shell: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a user in which every process notes whom it calls."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(_HOOK)
    (tmp_path / "told").touch()
    return shell | {"PYTHONPATH": f"{hooks}:{ROOT}", "TOLD": str(tmp_path / "told")}


def strangers(environment: dict[str, str]) -> list[str]:
    """Return whom the processes called beside this machine."""
    calls = [line.split() for line in Path(environment["TOLD"]).read_text().splitlines()]
    return [host for _, host in calls if host not in _LOCAL]


def test_documents_become_searchable_and_questions_are_answered_without_a_call(
    listened: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "ferry.md").write_text("# Ferry\n\nA single ticket costs 12 crowns. See https://192.0.2.7/fares.")

    ingested = tandem_alone(listened, "ingest", str(tmp_path / "ferry.md"))
    asked = tandem_alone(listened, "query", "How much is a single ticket?")

    assert (ingested.returncode, asked.returncode, "12 crowns" in asked.stdout) == (0, 0, True), ingested.stderr
    assert "socket.connect 127.0.0.1" in Path(listened["TOLD"]).read_text()  # of the command to its server
    assert strangers(listened) == []


def test_a_call_would_be_noticed(listened: dict[str, str]) -> None:
    script = "import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.7', 80))"
    subprocess.run([sys.executable, "-c", script], env=listened, check=True)

    assert strangers(listened) == ["192.0.2.7"]
