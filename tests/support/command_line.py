"""The command `tandem` as its users run it: a process of its own, and what it said in the end."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a shell starts in the background ignores interrupts, and so do the children of these tests there.
HEEDING = ["env", "--default-signal=INT"]


def tandem(shell: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command with these words to its end."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words], env=shell, capture_output=True, text=True, check=False, cwd=cwd
    )


def in_one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that the command ended with."""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Error: "), line
    return line


def on_a_terminal(shell: dict[str, str], columns: int, *words: str) -> str:
    """Run the command on a terminal of that many columns and return what reached it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in shell.items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-m", "service.cli", *words]
    with subprocess.Popen(command, env=kept, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        parts = []
        while part := _read(ours):
            parts.append(part)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Return what comes next, or nothing once nobody writes any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
