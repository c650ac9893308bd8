"""Keeps a test run away from the folders of the user who runs it, and fails it if it wrote there all the same."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import pytest

_PREFIX = "tandem-tests-"
Contents = dict[str, tuple[int, int]]


class Isolation:
    """A plugin: the default cache and the default data folder, of child processes too, lie in a temporary folder."""

    def __init__(self) -> None:
        self._users = [Path(platformdirs.user_cache_dir("tandem"))]
        data = Path(platformdirs.user_data_dir("tandem"))
        if not data.exists():  # else a server of the user's may be at work there
            self._users.append(data)
        self._before = contents(self._users)
        self._changed: list[str] = []
        self._folder: Path | None = None
        if "PYTEST_XDIST_WORKER" in os.environ:  # the process that started this one made the folder, for all of them
            return
        remove_left_folders()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[name] = str(self._folder / name.lower())
        # Every client that is made reads all certificates, a tenth of a second each time; no test calls over TLS.
        os.environ.pop("SSL_CERT_FILE", None)
        os.environ["SSL_CERT_DIR"] = str(self._folder / "no_certificates")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if something of the user's is not as it was."""
        self._changed = changes(self._before, contents(self._users))
        if self._changed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name what was written."""
        for path in self._changed:
            terminalreporter.write_line(f"written by a test, or meanwhile by another program: {path}", red=True)

    def pytest_unconfigure(self) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def one_at_a_time(cache: Path) -> Iterator[None]:
    """Let no other process of the run do the same meanwhile: it will find in the cache what this one makes."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with (cache.parent / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_left_folders() -> None:
    """Remove the folders of runs that were killed: hundreds of megabytes each."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        process = Path("/proc") / folder.name.removeprefix(_PREFIX).split("-")[0]
        if process.parent.is_dir() and not process.exists():
            shutil.rmtree(folder, ignore_errors=True)


def contents(folders: Iterable[Path]) -> Contents:
    """Return time of change and size of every file below the folders."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def changes(before: Contents, after: Contents) -> list[str]:
    """Return the files that were added, changed or removed, by name."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
