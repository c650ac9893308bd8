"""What a process gives up before it reads what strangers sent: the network, files, system calls, privileges.

It is Linux that does this; elsewhere, or where the kernel does not allow it, the limits of the process are what holds.
"""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from retriever.documents.sandbox.landlock import restrict_files
from retriever.documents.sandbox.seccomp import refuse_calls

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_PROBE = """import json, sys; sys.path[:] = json.loads(sys.argv[1])
from retriever.documents.sandbox.confinement import asdict, confine
print(json.dumps(asdict(confine([], None))))"""
_PROBE_S = 60.0


@dataclass(frozen=True)
class Protections:
    """What holds a process: it has no network, reaches no files but those it was given, starts no program."""

    network: bool = False
    files: bool = False
    calls: bool = False

    def in_words(self) -> str:
        """Return what a process that reads documents cannot do, and what nothing but limits prevents."""
        parts = ((self.network, "reach a network"), (self.files, "open other files"), (self.calls, "start processes"))
        cannot = [words for holds, words in parts if holds]
        could = [words for holds, words in parts if not holds]
        said = [f"A process that reads documents cannot {', '.join(cannot)}."] if cannot else []
        if could:
            said.append(f"This system does not keep it from these: {', '.join(could)}; its limits are time and memory.")
        return " ".join(said)


def confine(readable: Sequence[Path], writable: Path | None) -> Protections:
    """End with the parent, gain no privilege, lose the network, all other files, and calls that no reader needs.

    The process must have one thread. What is open stays so.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        return Protections()
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # A namespace of its own has no network but a loopback that is down. Users may make one with that of users.
    network = any(libc.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER))
    files = restrict_files(libc, readable, writable)
    return Protections(network, files, refuse_calls(libc))


@cache
def protections() -> Protections:
    """Return what `confine` achieves on this machine, tried in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-I", "-c", _PROBE, json.dumps(sys.path)],
        capture_output=True,
        check=False,
        timeout=_PROBE_S,
        cwd="/",
    )
    return Protections(**json.loads(ended.stdout)) if ended.returncode == 0 else Protections()


__all__ = ["Protections", "asdict", "confine", "protections"]
