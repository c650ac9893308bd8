"""A reader that was taken over: it reaches no file, no network, no other process and no program."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retriever.documents.blocks import ReadDocument
from retriever.documents.reading import Original, Reading
from retriever.documents.sandbox.confinement import Protections, protections
from retriever.documents.sandbox.needs import needed_files

_TRY = """
def tried():
    import ctypes, os, socket, subprocess
    said = []
    def attempt(name, what):
        try:
            what()
            said.append(name)
        except OSError:
            pass
    {attempts}
    return repr(said)
document = ReadDocument(tried())
"""


def _done(obeying: Reading, **attempts: str) -> list[str]:
    """Return which of the attempts succeed for a reader."""
    lines = "\n    ".join(f"attempt({name!r}, lambda: {what})" for name, what in attempts.items())
    (outcome,) = obeying.read([Original("x/alone", _TRY.format(attempts=lines).encode())])
    assert isinstance(outcome, ReadDocument), outcome
    return [str(each) for each in eval(outcome.text)]


def _need(protection: str) -> None:
    if not getattr(protections(), protection):
        pytest.skip(f"this kernel does not protect {protection}")


def test_a_reader_reads_its_libraries_and_no_file_else(obeying: Reading, tmp_path: Path) -> None:
    _need("files")
    secret, inside = tmp_path / "secret", tmp_path / "scratch" / "of_another"
    secret.write_text("the key")
    inside.mkdir(parents=True)
    (inside / "text").write_text("of another document")

    done = _done(
        obeying,
        library="open(socket.__file__).read()",
        secret=f"open({str(secret)!r}).read()",
        another=f"open({str(inside / 'text')!r}).read()",
        listing=f"os.listdir({str(tmp_path)!r})",
        home="os.listdir(os.path.expanduser('~'))",
        passwords="open('/etc/passwd').read()",
        environment="open('/proc/1/environ', 'rb').read()",
        by_link="os.symlink('/etc/passwd', os.environ['TMPDIR'] + '/x')",
    )

    assert done == ["library"]


def test_a_reader_writes_nowhere_but_into_a_folder_that_is_removed_after_it(obeying: Reading, tmp_path: Path) -> None:
    _need("files")
    here = str(tmp_path / "file")
    (tmp_path / "old").write_text("kept")

    done = _done(
        obeying,
        temporary="open(os.environ['TMPDIR'] + '/file', 'w').close()",
        temporary_bytes="open(os.environ['TMPDIR'] + '/file', 'wb', 0).write(b'x')",
        file=f"open({here!r}, 'w').close()",
        folder=f"os.mkdir({here!r})",
        link=f"os.link({str(tmp_path / 'old')!r}, {here!r})",
        removal=f"os.remove({str(tmp_path / 'old')!r})",
        renaming=f"os.rename({str(tmp_path / 'old')!r}, {here!r})",
        emptying=f"os.truncate({str(tmp_path / 'old')!r}, 0)",
    )

    assert done == ["temporary"]
    assert not (tmp_path / "file").exists()
    assert (tmp_path / "old").read_text() == "kept"
    obeying.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_reader_makes_no_socket_and_no_process_and_looks_into_none(obeying: Reading) -> None:
    _need("calls")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = _done(
            obeying,
            socket="socket.socket()",
            datagram="socket.socket(type=socket.SOCK_DGRAM)",
            local="socket.socket(socket.AF_UNIX)",
            connection=f"socket.create_connection({listening.getsockname()!r}, 1)",
            program="subprocess.run(['/bin/true'])",
            replaced="os.execv('/bin/true', ['true'])",
            memory=f"open('/proc/{os.getpid()}/mem', 'rb')",
            process="os.fork() or os._exit(0)",
            pipe="os.pipe()",
            thread="[thread.start() or thread.join() for thread in [__import__('threading').Thread(target=int)]]",
        )

    assert done == ["pipe", "thread"]


def test_a_reader_ends_nobody_else(obeying: Reading) -> None:
    _need("files")
    if tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) < (6, 12):
        pytest.skip("this kernel does not keep signals in")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        assert _done(obeying, parent="os.kill(os.getppid(), 9)", other=f"os.kill({other.pid}, 9)") == []
        assert other.poll() is None
        other.kill()


def test_a_reading_process_that_is_killed_leaves_no_file(obeying: Reading, tmp_path: Path) -> None:
    (outcome,) = obeying.read([Original("x/shared", b"document = ReadDocument(str(os.getppid()))")])
    assert isinstance(outcome, ReadDocument)

    os.kill(int(outcome.text), 9)
    obeying.read([Original("text/plain", b"text")])
    obeying.close()

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_process_whose_parent_is_killed_leaves_no_file(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\nfrom retriever.documents.reading import Original, Reading\n"
        f"reading = Reading(scratch=lambda: pathlib.Path({str(tmp_path)!r}) / 'scratch')\n"
        "reading.read([Original('text/plain', b'text')])\nprint('read', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"read\n"
        assert list(tmp_path.iterdir()) == [tmp_path / "scratch"]
        parent.kill()

    deadline = time.monotonic() + 10
    while list(tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_needed_holds_no_folder_that_only_a_package_lies_in(tmp_path: Path) -> None:
    (tmp_path / "lonely_module.py").write_text("")
    program = (
        f"import sys; sys.path[:] = {[str(tmp_path), *sys.path]!r}\nimport lonely_module, store.ids\n"
        "from retriever.documents.sandbox.needs import needed_files\nprint(*needed_files(), sep='\\n')"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, cwd="/")

    needed = ended.stdout.splitlines()
    assert str(tmp_path / "lonely_module.py") in needed
    assert str(tmp_path) not in needed
    assert "/" not in needed
    assert Path(sys.prefix) in needed_files()


def test_protections_are_said_in_words() -> None:
    assert Protections(network=True, files=True, calls=True).in_words() == (
        "A process that reads documents cannot reach a network, open other files, start processes."
    )
    assert "keep it from these: open other files;" in Protections(network=True, calls=True).in_words()
    assert "cannot" not in Protections().in_words()
