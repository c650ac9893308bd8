"""What clients are told when the language model is down, too slow, or has too many answers to write."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from light import light_server

from generator.answer import Piece, Task
from generator.arms import SERVED
from generator.engine import Engine
from generator.failing import BusyError, TooSlowError, WriterError
from store.store import Store

TEXT = "The lighthouse is 40 metres high."
ASKED = {"question": "How high is the lighthouse?"}


class Failing:
    """A generator that fails as it is told."""

    name = "failing"

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def check_room(self) -> None:
        if isinstance(self._failure, BusyError):
            raise self._failure

    def write(self, task: Task) -> Iterator[Piece]:
        raise self._failure
        yield Piece(task.question)


@pytest.fixture
def served(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[httpx.Client, Engine]]:
    with light_server(store.folder.root, store) as (url, engine):
        engine.add("default", "light.txt", TEXT)
        monkeypatch.setattr("generator.answering.estimate", lambda *_: 1.0)
        with httpx.Client(base_url=url, timeout=60) as client:
            yield client, engine


def _fail(engine: Engine, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    monkeypatch.setattr(engine.answerer, "_generators", lambda *_: Failing(failure))


@pytest.mark.parametrize("failure", [WriterError("It is down."), TooSlowError("It was too slow.")])
def test_an_answer_is_quoted_and_says_so(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch, failure: WriterError
) -> None:
    client, engine = served
    usual = client.post("/query", json=ASKED).json()
    _fail(engine, monkeypatch, failure)

    answer = client.post("/query", json=ASKED)
    events = client.post("/query", json={**ASKED, "stream": True}).text.strip().split("\n\n")

    assert (answer.status_code, answer.json()["generator"]) == (200, "extractive")
    assert answer.json()["fallback"] == {"reason": failure.message}
    assert (answer.json()["answer"], usual["fallback"]) == (usual["answer"], None)
    name, content = events[-1].split("\n", 1)
    assert name == "event: done"
    assert json.loads(content.removeprefix("data: "))["fallback"] == {"reason": failure.message}


@pytest.mark.parametrize("stream", [False, True])
def test_who_finds_no_room_is_told_when_to_come_again(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    client, engine = served
    _fail(engine, monkeypatch, BusyError("64 answers wait.", 7))

    refused = client.post("/query", json={**ASKED, "stream": stream})

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "too_many_requests")
    assert client.get("/v1/domains").status_code == 200


def test_a_question_without_passages_is_told_that_the_model_is_down(
    served: tuple[httpx.Client, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, engine = served
    _fail(engine, monkeypatch, WriterError("It is down."))
    answerer = engine.answerer
    monkeypatch.setattr(answerer, "serve", lambda _, name: (SERVED[name], None))

    refused = client.post("/query", json={**ASKED, "arm": "base"})

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["error"]["code"] == "model_unavailable"
