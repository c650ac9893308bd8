"""The command line, as its users run it: a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main

from service.cli import app
from service.server import local_server
from service.settings import Settings
from store.folder import DataFolder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shell(settings: Settings) -> dict[str, str]:
    """The environment of a user with a data folder of their own."""
    return os.environ | {
        "TANDEM_HOME": str(settings.home),
        "TANDEM_RETRIEVER__CACHE": str(settings.retriever.cache),
        "PYTHONPATH": str(ROOT),
    }


def tandem(shell: dict[str, str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words], env=shell, capture_output=True, text=True, check=False, cwd=cwd
    )


def test_help_answers_within_half_a_second() -> None:
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "service.cli", "--help"], check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - begun)

    assert statistics.median(times) < 0.5


def test_documents_are_ingested_asked_and_deleted(shell: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "ferry.md").write_text("# Ferry\n\nA single ticket costs 12 crowns.", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")

    ingested = tandem(shell, "ingest", str(folder), "-d", "handbook", "--json")
    assert ingested.returncode == 0, ingested.stderr
    (item,) = json.loads(ingested.stdout)["data"]
    assert (item["external_id"], item["result"], item["status"]) == ("sub/ferry.md", "created", "searchable")

    answer = tandem(shell, "query", "How much does a single ticket cost?", "-d", "handbook")
    assert answer.stdout.splitlines() == [
        "A single ticket costs 12 crowns. [1]",
        "  [1] sub/ferry.md, characters 9 to 41: A single ticket costs 12 crowns.",
    ]
    sound = tandem(shell, "verify", "--json")
    assert (sound.returncode, json.loads(sound.stdout)["problems"]) == (0, [])
    deleted = tandem(shell, "document", "delete", "sub/ferry.md", "-d", "handbook", "--json")
    assert json.loads(deleted.stdout)["deleted"] is True


def test_commands_talk_to_the_running_server(shell: dict[str, str], settings: Settings) -> None:
    with local_server(settings):
        created = tandem(shell, "domain", "create", "handbook", "--json")
        listed = tandem(shell, "domain", "list")

    assert json.loads(created.stdout)["name"] == "handbook"
    assert "handbook" in listed.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("query", "x", "-d", "nowhere"), 1, "There is no domain 'nowhere'"),
        (("domain", "create", "Not A Name"), 2, "is not allowed"),
        (("serve", "--host", "0.0.0.0"), 2, "TANDEM_API_KEY"),
        (("ingest", "no-such-file"), 2, "does not exist"),
        (("frobnicate",), 2, "No such command"),
        (("verify",), 2, "no data folder"),
    ],
)
def test_wrong_use_gets_a_message_and_its_exit_code(
    shell: dict[str, str], words: tuple[str, ...], code: int, message: str
) -> None:
    ended = tandem(shell, *words)

    assert (ended.returncode, message in " ".join(ended.stderr.replace("│", " ").split())) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_is_named(shell: dict[str, str]) -> None:
    ended = tandem(shell | {"TANDEM_RETRIEVER__CANDIDATES": "many"}, "domain", "list")

    assert ended.returncode == 2
    assert "retriever.candidates" in ended.stderr


def test_a_file_that_cannot_be_read_is_named_and_fails_the_command(shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("A fact.", encoding="utf-8")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")

    ended = tandem(shell, "ingest", str(tmp_path / "good.md"), str(tmp_path / "empty.md"), "--json")

    items = {item["external_id"]: item for item in json.loads(ended.stdout)["data"]}
    assert ended.returncode == 1
    assert items["good.md"]["status"] == "searchable"
    assert items["empty.md"]["error"]["code"] == "empty_document"


# What follows needs no models: the data folder is owned by a server that the test writes.


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a user, and no setting of the developer's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return kept | {"TANDEM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@contextmanager
def owned(shell: dict[str, str], url: str) -> Iterator[None]:
    """Own the data folder in the name of a server."""
    with DataFolder.open(Path(shell["TANDEM_HOME"])).lock({"pid": os.getpid(), "url": url}):
        yield


HANG_UP = 0
Answers = Callable[[str, str, bytes], tuple[int, Any]]


@contextmanager
def pretended(shell: dict[str, str], answers: Answers, port: int = 0) -> Iterator[list[tuple[str, str, bytes]]]:
    """Own the data folder with a server that answers so; give the list of its requests (method, path, body)."""
    seen: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.append((self.command, self.path, body))
            status, answer = answers(self.command, self.path, body)
            if status == HANG_UP:
                self.close_connection = True
                return
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  (the name that http.server looks for)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        with owned(shell, f"http://127.0.0.1:{server.server_port}"):
            yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refusal(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "t", "param": None, "code": "c"}}


def in_one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that the command ended with."""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Error: "), line
    return line


def leaves(command: Any, name: str = "tandem") -> Iterator[tuple[str, Any]]:
    for child in getattr(command, "commands", {}).values():
        yield from leaves(child, f"{name} {child.name}")
    if not hasattr(command, "commands"):
        yield name, command


def test_every_command_has_help_with_an_example_and_json() -> None:
    found = dict(leaves(typer.main.get_command(app)))

    assert len(found) > 20
    assert [name for name, command in found.items() if not command.help] == []
    assert [name for name, command in found.items() if f"Example: {name}" not in (command.epilog or "")] == []
    options = {name: [opt for param in command.params for opt in param.opts] for name, command in found.items()}
    assert [name for name in found if "--json" not in options[name]] == []


@pytest.mark.parametrize(
    ("content", "variables", "message"),
    [
        ("retriever = [", {}, "tandem.toml cannot be read"),
        ("nonsense = 1", {}, "There is no setting nonsense."),
        ("", {"TANDEM_RETRIEVER": "x"}, "retriever"),
    ],
)
def test_settings_that_cannot_be_read_are_wrong_use(
    bare: dict[str, str], tmp_path: Path, content: str, variables: dict[str, str], message: str
) -> None:
    (tmp_path / "tandem.toml").write_text(content, encoding="utf-8")

    ended = tandem(bare | variables, "domain", "list", cwd=tmp_path)

    assert (ended.returncode, message in in_one_line(ended)) == (2, True), ended.stderr


def test_a_broken_recipe_is_wrong_use(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[lora", encoding="utf-8")

    ended = tandem(bare, "tune", "generator", "--dataset", "x", "-c", str(tmp_path / "broken.toml"))

    assert (ended.returncode, "broken.toml" in in_one_line(ended)) == (2, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.toml", "[lora]\nr = 4\nlearning_rate = 1e-4\nepochs = 9"),
        ("r.yaml", "lora:\n  r: 4\n  learning_rate: 1e-4\n  epochs: 9"),  # YAML 1.1 reads 1e-4 as a string
    ],
)
def test_a_recipe_and_the_overrides_that_win_reach_the_server(
    bare: dict[str, str], tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    job = {"id": "job_1", "kind": "tune_generator", "status": "succeeded", "progress": 1.0, "result": {"model": "m"}}

    with pretended(bare, lambda *_: (200, job)) as seen:
        ended = tandem(bare, "tune", "generator", "--dataset", "x", "-c", str(tmp_path / name), "lora.epochs=2")

    assert ended.returncode == 0, ended.stderr
    assert json.loads(seen[0][2])["params"]["lora"] == {"r": 4, "learning_rate": 1e-4, "epochs": 2}


def test_a_data_set_that_cannot_be_read_is_wrong_use(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl").symlink_to("/proc/self/mem")  # refused even to root

    ended = tandem(bare, "dataset", "import", str(tmp_path / "faq.jsonl"), "--name", "faq")

    assert (ended.returncode, "faq.jsonl cannot be read" in in_one_line(ended)) == (2, True)


def test_a_data_folder_that_cannot_be_made_is_one_line(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    ended = tandem(bare, "domain", "list", "--home", str(tmp_path / "file" / "home"))

    assert (ended.returncode, "Not a directory" in in_one_line(ended)) == (1, True)


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


# What a shell starts in the background ignores interrupts, and so do the children of these tests there.
HEEDING = ["env", "--default-signal=INT"]


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


class Documents:
    """Pretends to take uploads; files that are called bad are refused."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def __call__(self, _: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.endswith("/documents"):
            return self._upload(re.findall(rb'filename="([^"]+)"', body))
        if path.startswith("/v1/domains/default/documents/"):
            return 200, {"id": "doc", "status": "searchable", "passages": 1, "error": None}
        return 200, {"object": "list", "data": [{"name": "default"}]}

    def _upload(self, found: list[bytes]) -> tuple[int, Any]:
        names = [name.decode() for name in found]
        self.batches.append(names)
        good = [name for name in names if not name.startswith("bad")]
        if not good:
            return refusal(422, f"{names[0]} is bad.")
        items = [{"external_id": name, "result": "created", "document": {"id": "doc"}, "error": None} for name in good]
        return 200, {"data": items, "job": None}


def test_a_refused_batch_does_not_keep_the_next_ones_back(bare: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(50):
        (folder / f"bad{number:02}.md").write_text("x", encoding="utf-8")
    for name in ("good.md", "so.md"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "unreadable.md").symlink_to("/proc/self/mem")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("x", encoding="utf-8")

    documents = Documents()
    with pretended(bare, documents):
        ended = tandem(bare, "ingest", str(folder), "--json")

    items = {item["external_id"]: item for item in json.loads(ended.stdout)["data"]}
    assert ended.returncode == 1
    assert (len(items), documents.batches[-1]) == (54, ["good.md", "so.md"])
    assert [name for name, item in items.items() if item["result"] == "created"] == ["good.md", "so.md"]
    assert items["bad07.md"]["error"]["message"] == "bad07.md is bad."
    assert "cannot be read: " in items["unreadable.md"]["error"]["message"]
    assert items["?.md"]["error"]["code"] == "unreadable_name"


def test_batches_are_limited_in_bytes(bare: dict[str, str], tmp_path: Path) -> None:
    for number, size in enumerate((9, 9, 9, 30, 1)):
        with (tmp_path / f"{number}.md").open("wb") as file:
            file.truncate(size * 1_000_000)

    documents = Documents()
    with pretended(bare, documents):
        ended = tandem(bare, "ingest", *(str(tmp_path / f"{number}.md") for number in range(5)))

    assert ended.returncode == 0, ended.stderr
    assert documents.batches == [["0.md", "1.md"], ["2.md"], ["3.md"], ["4.md"]]


def test_lists_can_be_limited(bare: dict[str, str]) -> None:
    nouns = ("domain", "document", "dataset", "model", "release", "job")
    with pretended(bare, lambda *_: (200, {"object": "list", "data": []})) as seen:
        commands = [
            subprocess.Popen([sys.executable, "-m", "service.cli", noun, "list", "--limit", "7", "--json"], env=bare)
            for noun in nouns
        ]
        codes = [command.wait() for command in commands]

    inside = [f"/v1/domains/default/{noun}?limit=7" for noun in ("datasets", "documents", "releases")]
    assert codes == [0] * len(nouns)
    assert sorted(path for _, path, _ in seen) == [
        *inside,
        *(f"/v1/{n}?limit=7" for n in ("domains", "jobs", "models")),
    ]


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


def test_the_demo_ends_with_an_object(shell: dict[str, str], tmp_path: Path) -> None:
    ended = tandem(shell, "demo", "--quick", "--json", "--home", str(tmp_path / "demo"))

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told.keys(), told["home"]) == ({"seconds", "verdict", "home"}, str(tmp_path / "demo"))
    assert (told["seconds"] > 0, told["verdict"]) == (True, None)
    assert "searchable after" in ended.stderr
