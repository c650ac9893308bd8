"""The command `tandem` as its users run it, in this process or one of its own, and what it said in the end."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from service.cli import main

ROOT = Path(__file__).parents[2]
# What a shell starts in the background ignores interrupts, and so do the children of these tests there.
HEEDING = ["env", "--default-signal=INT"]


def tandem(shell: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command with these words to its end, in this process: a new one would load everything anew."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        mock.patch.dict(os.environ, shell, clear=True),
        mock.patch.object(sys, "argv", ["tandem", *words]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        chdir(cwd or Path.cwd()),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            main()
        except SystemExit as ended:
            status = ended.code
    return subprocess.CompletedProcess(["tandem", *words], int(status or 0), _written(output), _written(errors))


def tandem_alone(shell: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words], env=shell, capture_output=True, text=True, check=False, cwd=cwd
    )


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")


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
