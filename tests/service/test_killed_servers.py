"""A server that is killed time and again while clients work: what it acknowledged is there after every restart."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from retriever.index.verification import verify_folder

BASE = "/v1/domains/default"
CYCLES = int(os.environ.get("TANDEM_KILL_CYCLES", "50"))


class Worker:
    """A client with documents of its own; it knows what each must be, and what it may be after an unknown outcome."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.names = [f"{number}-{each}.md" for each in range(4)]
        self.known: dict[str, set[str | None]] = {name: {None} for name in self.names}
        self.done = 0

    def work(self, url: str, stop: threading.Event) -> None:
        """Upload, delete and ask until told to stop or nobody answers."""
        with httpx.Client(base_url=url, timeout=30) as http:
            while not stop.is_set():
                try:
                    self._step(http)
                except httpx.HTTPError:
                    return

    def _step(self, http: httpx.Client) -> None:
        name, what = self.chance.choice(self.names), self.chance.random()
        if what < 0.2:
            assert http.post(f"{BASE}/search", json={"query": name}).status_code == 200
            return
        text = f"The file {name} says {self.chance.random()}." if what < 0.8 else None
        self.known[name].add(text)
        if text is None:
            answer = http.delete(f"{BASE}/documents/{name}")
            assert answer.status_code in (200, 404), answer.text
        else:
            document = {"external_id": name, "text": text}
            answer = http.post(f"{BASE}/documents", json={"documents": [document]})
            assert answer.status_code in (200, 202), answer.text
        self.known[name] = {text}
        self.done += 1

    def wrong(self, http: httpx.Client) -> list[str]:
        """Return which documents are not what they must be; what they are is known from now on."""
        found = []
        for name in self.names:
            answer = http.get(f"{BASE}/documents/{name}/original")
            text = answer.text if answer.status_code == 200 else None
            if text not in self.known[name]:
                found.append(f"{name} is {text!r}, expected {self.known[name]}")
            self.known[name] = {text}
        return found


@contextmanager
def serving(shell: dict[str, str]) -> Iterator[str]:
    """Give the address of a server that is killed, with all its children, at the end of the context."""
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, env=shell, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield str(json.loads(server.stdout.readline())["url"])
        finally:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.mark.nightly
def test_nothing_acknowledged_is_lost_by_a_server_that_is_killed(shell: dict[str, str], tmp_path: Path) -> None:
    home, chance = Path(shell["TANDEM_HOME"]), random.Random(0)
    workers = [Worker(number) for number in range(4)]
    for _ in range(CYCLES):
        stop = threading.Event()
        with serving(shell) as url:
            threads = [threading.Thread(target=worker.work, args=(url, stop)) for worker in workers]
            with httpx.Client(base_url=url, timeout=60) as http:
                wrong = [each for worker in workers for each in worker.wrong(http)]
            for thread in threads:
                thread.start()
            before, deadline = sum(worker.done for worker in workers), time.monotonic() + 60
            time.sleep(chance.uniform(0, 3))
            while sum(worker.done for worker in workers) < before + 2 and time.monotonic() < deadline:
                time.sleep(0.05)  # on a busy machine: who did nothing has nothing to lose
        stop.set()
        for thread in threads:
            thread.join()
        assert (wrong, verify_folder(home)) == ([], [])

    with serving(shell) as url, httpx.Client(base_url=url, timeout=60) as http:
        assert [each for worker in workers for each in worker.wrong(http)] == []
        deadline = time.monotonic() + 120
        while {each["status"] for each in http.get(f"{BASE}/documents").json()["data"]} - {"searchable"}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert verify_folder(home) == []
    assert sum(worker.done for worker in workers) > CYCLES


def test_a_loss_would_be_noticed() -> None:
    worker = Worker(1)
    name = worker.names[0]
    worker.known[name] = {"acknowledged"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    with httpx.Client(base_url="http://test", transport=httpx.MockTransport(answer)) as http:
        assert worker.wrong(http) == [f"{name} is None, expected {{'acknowledged'}}"]
