"""A server of its own that a benchmark watches, kills with all its processes, and starts again on the same folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_S = 0.5
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class ServedFolder:
    """A data folder and its server; `peak_mb` and `cpu_s` are of all its processes, over all its lives."""

    home: Path
    environment: dict[str, str]
    peak_mb: float = 0.0
    url: str = ""
    _spent: dict[int, float] = field(default_factory=dict)  # CPU seconds by process
    _server: subprocess.Popen[str] | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    @property
    def cpu_s(self) -> float:
        """The seconds of computing so far."""
        return sum(self._spent.values())

    def start(self) -> None:
        """Start the server and wait until it listens."""
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--json", "--home", str(self.home)]
        self._server = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        line = self._server.stdout.readline() if self._server.stdout else ""
        if not line:
            raise RuntimeError(f"The server ended with {self._server.wait()}; `tandem serve` says why.")
        self.url = str(json.loads(line)["url"])
        self._ended.clear()
        self._watch = threading.Thread(target=self._look, args=(self._server.pid,), daemon=True)
        self._watch.start()

    def kill(self) -> None:
        """End all its processes at once, as if the power of the machine had gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let the server end in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._server is None or self._watch is None:
            return
        self._ended.set()
        self._watch.join()
        with suppress(ProcessLookupError):
            if how == signal.SIGKILL:
                os.killpg(self._server.pid, how)
            else:
                self._server.send_signal(how)
        self._server.communicate()  # which closes its pipe, too
        self._server = None

    def _look(self, session: int) -> None:
        while not self._ended.wait(_LOOK_S):
            found = processes(session)
            self.peak_mb = max(self.peak_mb, sum(each.memory_mb for each in found))
            self._spent |= {each.pid: each.cpu_s for each in found}


@dataclass(frozen=True)
class Process:
    """A process, with its memory and the seconds that it computed; what several share counts in each."""

    pid: int
    memory_mb: float
    cpu_s: float


def processes(session: int) -> list[Process]:
    """Return the processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):  # it ended
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found.append(_process(int(path.parent.name), fields))
    return found


def _process(pid: int, fields: Sequence[str]) -> Process:
    """Return what `/proc/PID/stat` says behind the name of the program."""
    return Process(pid, int(fields[21]) * _PAGE_KB / 1024, (int(fields[11]) + int(fields[12])) / _TICKS)
