"""Answers from a model server, a real process: what it writes, what it lacks, and every way in which it fails."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from generator.answer import AbandonedError, Draft, Task, draft_of
from generator.backends.openai import ServerGenerator, estimated_tokens
from generator.failing import TooSlowError, WriterError
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from retriever.search.search import Hit
from store.errors import ConflictError

TEXT = "The office opens at nine [1]."
SUPPORT = Path(__file__).parents[2] / "support"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a base model, as far as it is compared."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture(scope="module")
def url(base: Path) -> Iterator[str]:
    command = [sys.executable, str(SUPPORT / "model_server.py"), str(base)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


Open = Callable[..., ServerGenerator]


@pytest.fixture
def open_server(url: str, base: Path) -> Iterator[Open]:
    generators: list[ServerGenerator] = []

    def opened(model: str = "words", folder: Path | None = base, **options: Any) -> ServerGenerator:
        server = {"url": f"{url}/v1/", "model": model, "stall_s": 2, **options.pop("server", {})}
        settings = GeneratorSettings.model_validate({"server": server, **options})
        generators.append(ServerGenerator(settings, folder, lambda key: Path("/adapters") / key))
        return generators[-1]

    yield opened
    for each in generators:
        each.close()


def _task(adapter: str | None = None, **options: Any) -> Task:
    tokens = options.pop("tokens", 32)
    return Task("When does the office open?", options.pop("hits", None), load_prompt(), adapter, tokens, **options)


def _seen(url: str) -> dict[str, Any]:
    return cast("dict[str, Any]", httpx.get(f"{url}/seen").json())


def _write(generator: ServerGenerator, **options: Any) -> Draft:
    return draft_of(generator.write(_task(**options)))


def test_an_answer_comes_as_the_server_writes_it(open_server: Open, url: str, hit: Callable[..., Hit]) -> None:
    generator = open_server(server={"api_key": "secret-key"})

    pieces = list(generator.write(_task(hits=[hit("The office opens at nine.")], tokens=17)))

    assert len(pieces) > 3
    assert "".join(piece.text for piece in pieces) == TEXT
    ending = pieces[-1].ending
    assert ending is not None
    assert (ending.prompt_tokens, ending.completion_tokens) == (7, 6)
    asked = _seen(url)["asked"][-1]
    assert (asked["max_tokens"], asked["temperature"], asked["authorization"]) == (17, 0, "Bearer secret-key")
    assert "The office opens at nine." in asked["messages"][-1]["content"]


def test_a_server_that_does_not_stream_is_understood(open_server: Open) -> None:
    draft = _write(open_server("plain"))

    assert (draft.text, draft.ending.completion_tokens) == (TEXT, 6)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("torn", "ended its answer in the middle"),
        ("malformed", 'sent what is no chat completion: \'{"choices"'),
        ("error", "failed: CUDA out of memory"),
        ("hang", r"sent nothing for 2 s \(generator.server.stall_s\)"),
        ("refused", "answered 400: This model's maximum context length is 64 tokens"),
        ("down", "answered 503: out of memory"),
    ],
)
def test_a_server_that_fails_is_told_by_what_it_did(open_server: Open, url: str, model: str, message: str) -> None:
    before = len(_seen(url)["asked"])

    with pytest.raises(WriterError, match=message):
        _write(open_server(model))

    assert len(_seen(url)["asked"]) == before + 1  # what will not be better the next time is not tried again
    assert open_server(model).rewrite([{"role": "user", "content": "And then?"}], 9, lambda: False) is None


def test_a_server_that_is_not_there_is_told(base: Path) -> None:
    server = {"url": "http://127.0.0.1:9/v1", "model": "x", "retries": 0}
    settings = GeneratorSettings.model_validate({"server": server})

    with pytest.raises(WriterError, match=r"cannot be reached \(ConnectError\)"):
        _write(ServerGenerator(settings, base, Path))


def test_a_busy_server_is_asked_again_when_it_says(open_server: Open, url: str) -> None:
    assert _write(open_server("later")).text == TEXT
    assert [each["model"] for each in _seen(url)["asked"][-3:]] == ["later"] * 3

    with pytest.raises(WriterError, match="answered 429: come again"):
        _write(open_server("busy", server={"retries": 3}))
    assert [each["model"] for each in _seen(url)["asked"][-4:]] == ["busy"] * 4


def test_the_server_stops_writing_for_one_who_leaves(open_server: Open, url: str) -> None:
    before, left = _seen(url), threading.Event()
    pieces = open_server("slow").write(_task(tokens=400, cancelled=left.is_set))
    next(pieces)
    left.set()

    with pytest.raises(AbandonedError):
        next(pieces)

    deadline = time.monotonic() + 10
    while _seen(url)["left"] == before["left"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert _seen(url)["written"] - before["written"] < 30


def test_an_answer_has_so_many_seconds(open_server: Open) -> None:
    begun = time.monotonic()

    with pytest.raises(TooSlowError):
        _write(open_server("slow", answer_s=0.3), tokens=400)

    assert 0.3 <= time.monotonic() - begun < 3


def test_an_adapter_is_loaded_by_its_id_where_the_base_model_is_its_own(open_server: Open, url: str) -> None:
    generator = open_server()

    drafts = [_write(generator, adapter="mdl_a") for _ in range(2)]

    assert [draft.text for draft in drafts] == [TEXT, TEXT]
    assert _seen(url)["adapters"]["mdl_a"] == "/adapters/mdl_a"
    assert [each["model"] for each in _seen(url)["asked"][-2:]] == ["mdl_a", "mdl_a"]


@pytest.mark.parametrize("change", ["weights", "missing", "unknown"])
def test_an_adapter_of_another_base_model_is_refused(
    open_server: Open, base: Path, tmp_path: Path, change: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_bytes((base / "config.json").read_bytes())
    (other / "model.safetensors").write_bytes(b"weights" if change != "weights" else b"others!")
    folder = None if change == "missing" else other
    model = "words" if change != "unknown" else "never heard of"

    with pytest.raises(ConflictError, match="adapters need the one that they were trained on") as caught:
        _write(open_server(model, folder), adapter="mdl_b")

    assert caught.value.code == "wrong_base_model"


def test_a_copy_of_the_base_model_is_the_base_model(open_server: Open, base: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((base / name).read_bytes())

    assert _write(open_server("words", tmp_path), adapter="mdl_c").text == TEXT


def test_an_adapter_that_the_server_does_not_load_is_told_with_the_way_out(open_server: Open, url: str) -> None:
    httpx.post(f"{url}/set", json={"may_load": False})
    try:
        with pytest.raises(WriterError, match=r"--enable-lora .* mdl_d=/adapters/mdl_d"):
            _write(open_server(), adapter="mdl_d")
    finally:
        httpx.post(f"{url}/set", json={"may_load": True})


def test_a_listed_adapter_of_another_model_is_refused(open_server: Open, url: str) -> None:
    httpx.post(f"{url}/set", json={"adapters": {"mdl_e": "/x"}, "parent": "another"})
    try:
        with pytest.raises(ConflictError, match="belongs to 'another', not to 'words'"):
            _write(open_server(), adapter="mdl_e")
    finally:
        httpx.post(f"{url}/set", json={"adapters": {}, "parent": "words"})


def test_a_generator_without_a_server_says_what_to_set(base: Path) -> None:
    with pytest.raises(ConflictError, match=r"set generator\.server\.url and generator\.server\.model"):
        ServerGenerator(GeneratorSettings(), base, Path)


def test_tokens_are_estimated_rather_too_many() -> None:
    assert estimated_tokens([{"role": "user", "content": "办公室" * 10}]) >= 30
    assert estimated_tokens([{"role": "user", "content": json.dumps("word " * 300)}]) >= 300
