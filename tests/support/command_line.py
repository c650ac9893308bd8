"""The command `tandem` as its users run it: a process of its own, and what it said in the end."""

from __future__ import annotations

import subprocess
import sys
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
