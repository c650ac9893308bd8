"""The processes that read: replaced when they end, ended with their parent, and none waits for another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats import markdown
from retriever.documents.reading import Original, Reading

_GOOD = Original("text/markdown", b"# Leave\n\nTwenty-five days.")
_READ = markdown.read(_GOOD.data)


def test_what_a_reader_starts_ends_with_it(obeying: Reading) -> None:
    program = (
        b"try:\n    pid = os.fork()\nexcept PermissionError:\n    pid = 2**22 + 1  # of nobody\n"
        b"if pid == 0:\n    time.sleep(60)\ndocument = ReadDocument(str(pid))"
    )

    (outcome,) = obeying.read([Original("x/alone", program)])

    assert isinstance(outcome, ReadDocument)
    _wait_until_gone(int(outcome.text))


def test_a_reading_process_that_was_ended_has_a_successor(obeying: Reading) -> None:
    name = Original("x/shared", b"document = ReadDocument(str(os.getppid()))")
    first, again = (obeying.read([name])[0] for _ in range(2))
    assert isinstance(first, ReadDocument)
    assert again == first, "it is kept"

    os.kill(int(first.text), signal.SIGKILL)

    assert obeying.read([_GOOD]) == [_READ]
    assert obeying.read([name]) != [first]


def test_a_document_at_which_the_reading_process_is_lost_twice_fails_and_no_other(obeying: Reading) -> None:
    waiting = Original("x/shared", b"time.sleep(30)")
    ended = threading.Event()

    def end_twice() -> None:
        killed: set[int] = set()
        while len(killed) < 2:
            for process in _children(os.getpid()) - killed:
                if any(_sleeps(child) for child in _children(process)):
                    os.kill(process, signal.SIGKILL)
                    killed.add(process)
            time.sleep(0.02)
        ended.set()

    obeying.read([_GOOD])
    threading.Thread(target=end_twice, daemon=True).start()
    outcomes = obeying.read([_GOOD, waiting, _GOOD, _GOOD])

    assert ended.wait(5)
    assert [outcomes[0], *outcomes[2:]] == [_READ] * 3
    assert isinstance(outcomes[1], UnreadableError)
    assert outcomes[1].code == "reader_crashed"
    assert "twice" in str(outcomes[1])


def test_a_slow_document_holds_up_no_other_thread(obeying: Reading) -> None:
    obeying.read([_GOOD])
    slow = threading.Thread(target=obeying.read, args=([Original("x/shared", b"time.sleep(1.5)")],))
    begun = time.monotonic()
    slow.start()

    assert obeying.read([_GOOD] * 3) == [_READ] * 3

    assert time.monotonic() - begun < 1.4
    slow.join()


def test_the_reading_process_ends_with_its_parent() -> None:
    program = (
        "from retriever.documents.reading import Original, Reading\nimport os, time\nreading = Reading()\n"
        "reading.read([Original('text/plain', b'text')])\n"
        "print(reading._processes._idle[0].popen.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        reader = int(parent.stdout.readline())
        assert not _is_gone(reader)
        parent.kill()

    _wait_until_gone(reader)


def _children(process: int) -> set[int]:
    lists = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    return {int(each) for children in lists for each in children.split()}


def _sleeps(process: int) -> bool:
    """Return whether a process has waited in the call of `time.sleep` for a moment."""
    calls = set()
    for _ in range(3):
        try:
            calls.add(Path(f"/proc/{process}/wchan").read_text())
        except OSError:
            return False
        time.sleep(0.03)
    return len(calls) == 1 and "nanosleep" in calls.pop()


def _wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 10
    while not _is_gone(process):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
