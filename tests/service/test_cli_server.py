"""Commands and the server of their data folder: running, just starting, gone, or interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import HEEDING, in_one_line, tandem
from light import LightRuntime
from pretended_server import HANG_UP, closed_port, owned, pretended, refusal
from serving import Served

from service.client import connect
from service.http.app import create_app
from service.http.server import HttpServer, bind
from service.settings import Settings
from store.folder import DataFolder
from store.store import Store


def test_commands_talk_to_the_running_server(served: Served, shell: dict[str, str], settings: Settings) -> None:
    with served(settings):
        created = tandem(shell, "domain", "create", "handbook", "--json")
        listed = tandem(shell, "domain", "list")

    assert json.loads(created.stdout)["name"] == "handbook"
    assert "handbook" in listed.stdout


def test_a_server_that_is_gone_is_named_in_one_line(bare: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with owned(bare, url):
        begun = time.monotonic()
        ended = tandem(bare, "domain", "list")

    assert ended.returncode == 1
    assert f"The server at {url} named by the data folder does not answer: " in in_one_line(ended)
    assert 3 < time.monotonic() - begun < 10


def test_a_server_that_hangs_up_is_named_in_one_line(bare: dict[str, str]) -> None:
    with pretended(bare, lambda *_: (HANG_UP, None)):
        ended = tandem(bare, "domain", "list")

    assert (ended.returncode, "does not answer" in in_one_line(ended)) == (1, True)


def test_a_server_that_is_just_starting_is_waited_for(bare: dict[str, str]) -> None:
    port = closed_port()
    command = [sys.executable, "-m", "service.cli", "domain", "list", "--json"]
    with owned(bare, f"http://127.0.0.1:{port}"):
        waiting = subprocess.Popen(command, env=bare, stdout=subprocess.PIPE, text=True)
        time.sleep(2)
    with pretended(bare, lambda *_: (200, {"object": "list", "data": []}), port):
        output, _ = waiting.communicate()

    assert (waiting.returncode, json.loads(output)["data"]) == (0, [])


def test_a_server_that_begins_between_two_looks_is_used(bare: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as other:

        def beaten(settings: Settings, **_: object) -> AbstractContextManager[str]:
            other.enter_context(pretended(bare, lambda *_: (200, {"object": "list", "data": []})))
            return DataFolder.open(settings.home).lock({})  # type: ignore[return-value]  # raises: the other has it

        monkeypatch.setattr("service.http.server.local_server", beaten)
        with connect(Path(bare["TANDEM_HOME"])) as client:
            listed = client.call("GET", "/v1/domains")

    assert listed["data"] == []


def test_who_connects_before_a_server_is_ready_waits_for_it(settings: Settings, store: Store) -> None:
    with bind("127.0.0.1", 0) as listener, ThreadPoolExecutor(1) as pool:
        url = "http://{}:{}".format(*listener.getsockname())
        waiting = pool.submit(httpx.get, f"{url}/healthz", timeout=60)
        time.sleep(0.5)
        assert not waiting.done()
        runtime = LightRuntime(settings.home, store)
        server = HttpServer(create_app(runtime), settings.service, draining=runtime.draining)  # type: ignore[arg-type]
        with server.running(listener):
            assert waiting.result().status_code == 200


def test_an_interrupt_ends_with_130_and_cancels_the_job(bare: dict[str, str]) -> None:
    looked = threading.Event()

    def answers(method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.endswith("/cancel"):
            return refusal(409, "The job has succeeded already.")
        if method == "GET":
            looked.set()
        return 200, {"id": "job_1", "kind": "tune_generator", "status": "running", "progress": 0.5}

    command = [*HEEDING, sys.executable, "-m", "service.cli", "tune", "generator", "--dataset", "x"]
    with pretended(bare, answers) as seen:
        waiting = subprocess.Popen(command, env=bare, stderr=subprocess.PIPE, text=True)
        assert looked.wait(20)
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate()

    assert (waiting.returncode, "Traceback" in errors, "Error" in errors) == (130, False, False), errors
    assert seen[-1][:2] == ("POST", "/v1/jobs/job_1/cancel")


def test_lists_can_be_limited(bare: dict[str, str]) -> None:
    nouns = ("domain", "document", "dataset", "model", "release", "job")
    with pretended(bare, lambda *_: (200, {"object": "list", "data": []})) as seen:
        codes = [tandem(bare, noun, "list", "--limit", "7", "--json").returncode for noun in nouns]

    inside = [f"/v1/domains/default/{noun}?limit=7" for noun in ("datasets", "documents", "releases")]
    assert codes == [0] * len(nouns)
    assert sorted(path for _, path, _ in seen) == [
        *inside,
        *(f"/v1/{n}?limit=7" for n in ("domains", "jobs", "models")),
    ]


def test_serve_tells_a_person_where_it_listens_and_what_it_serves(shell: dict[str, str], tmp_path: Path) -> None:
    variables = {"COLUMNS": "40", "TANDEM_API_KEY": "a-key-of-eight"}
    command = [*HEEDING, sys.executable, "-m", "service.cli", "serve", "--port", "0"]
    server = subprocess.Popen(command, env=shell | variables, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    told = [server.stdout.readline().rstrip() for _ in range(6)]
    server.send_signal(signal.SIGINT)
    server.communicate()

    url = told[0].split()[-1]
    assert url.startswith("http://127.0.0.1:")
    assert told[1:3] == [f"  pages        {url}/docs, for developers", f"  data folder  {shell['TANDEM_HOME']}"]
    assert ("none: answers quote" in told[3], "needs one" in told[4], "TANDEM_API_KEY" in told[5]) == (True,) * 3


def test_who_owns_a_folder_is_told_in_words_and_a_key_by_its_variable(bare: dict[str, str]) -> None:
    with DataFolder.open(Path(bare["TANDEM_HOME"])).lock({"pid": 7, "command": "engine"}):
        owned_by = tandem(bare, "domain", "list")
    with pretended(bare, lambda *_: refusal(401, "Send 'Authorization: Bearer KEY'.")):
        no_key = tandem(bare, "domain", "list")

    assert "is in use by process 7 (engine)." in in_one_line(owned_by)
    assert ("TANDEM_API_KEY" in in_one_line(no_key), "Bearer" in in_one_line(no_key)) == (True, False)


def test_serve_says_where_it_listens(shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tandem.toml").write_text('[service]\nhost = "localhost"\nport = 0\n', encoding="utf-8")
    command = [*HEEDING, sys.executable, "-m", "service.cli", "serve", "--json", "--host", "127.0.0.1"]
    server = subprocess.Popen(
        command, env=shell, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    told = json.loads(server.stdout.readline())
    alive = httpx.get(f"{told['url']}/healthz", trust_env=False)
    server.send_signal(signal.SIGINT)
    rest, log = server.communicate()

    assert (alive.status_code, told["pid"], rest) == (200, server.pid, "")
    assert told["url"].startswith("http://127.0.0.1:")
    assert not told["url"].endswith(":8321")
    assert (server.returncode, "GET /healthz" in log, "Traceback" in log) == (130, True, False)
