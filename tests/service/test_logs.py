"""Logs repeat nothing of keys, questions, documents and their names, say which request a line is about, and are JSON
where that is wanted."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from light import LightRuntime

from service.http.app import create_app
from service.http.routes import Routes
from service.http.server import HttpServer, bind
from service.logs import ACCESS, AsJson, AsText, Throttle, raised
from store.errors import DamagedError
from store.keys import create_key
from store.store import Store

CANARY = "zanzibar"


@contextmanager
def logging_server(store: Store, **service: Any) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A client of a server that writes its log, and the names of its calls."""
    runtime = LightRuntime(store.folder.root, store, **service)
    application = create_app(runtime)  # type: ignore[arg-type]
    server = HttpServer(application, runtime.settings.service, draining=runtime.draining)
    with (
        bind("127.0.0.1", 0) as listener,
        server.running(listener) as url,
        httpx.Client(base_url=url, timeout=120) as client,
    ):
        yield client, Routes(application.app.app.routes).names  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Leave the loggers as they were."""
    names = ("tandem", "tandem.access", "asyncio", "uvicorn")
    before = {name: (list(logging.getLogger(name).handlers), logging.getLogger(name).level) for name in names}
    yield
    for name, (handlers, level) in before.items():
        logging.getLogger(name).handlers[:] = handlers
        logging.getLogger(name).setLevel(level)


def ask_everything(client: httpx.Client, calls: list[str], key: str) -> None:
    """Call everything with the canary wherever a client can put it."""
    bodies = [
        {"content": f'{{"{CANARY}": "{CANARY}"'.encode()},
        {"json": {"question": CANARY, "query": CANARY, "name": CANARY.upper(), CANARY: CANARY}},
        {"json": {"documents": [{"external_id": f"{CANARY}.md", "text": f"{CANARY}\n\x1b[3m", "title": CANARY}]}},
        {"files": [("files", (f"{CANARY}.md", CANARY))], "data": {"metadata": CANARY}},
        {"json": {"question": CANARY, "query": CANARY}},
    ]  # fmt: skip
    for call in calls:
        method, template = call.split(" ", 1)
        path = template.replace("{domain}", "default").replace("{", CANARY).replace("}", "")
        for body in bodies if method in ("POST", "PUT", "PATCH") else [{}]:
            headers = {"authorization": f"Bearer {key}", "x-canary": CANARY, "cookie": CANARY}
            client.request(method, path, params={CANARY: CANARY}, headers=headers, **body)  # type: ignore[arg-type]
            client.request(method, path, headers=headers, **body)  # type: ignore[arg-type]
    client.get(f"/{CANARY}", headers={"authorization": f"Bearer {CANARY}"})
    client.get(f"/v1/domains/{CANARY}%0d%0aINFO: forged", headers={"authorization": f"Bearer {key}"})


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_holds_no_key_no_question_and_no_document(
    store: Store, form: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = create_key(store, "crm", "write")[1]
    with logging_server(store, log_format=form, log_level="info", keep_alive_s=60) as (client, calls):
        ask_everything(client, calls, key)

        def fail(*_: object) -> None:
            raise ValueError(CANARY) from sa.exc.StatementError(CANARY, "INSERT", {"text": CANARY}, KeyError(CANARY))

        monkeypatch.setattr("service.actions.models.list_models", fail)
        failed = client.get("/v1/models", headers={"authorization": f"Bearer {key}"})

    log = capfd.readouterr().err
    assert failed.status_code == 500
    assert CANARY not in log.lower()
    assert key not in log
    assert key[-20:-8] not in log
    assert "\x1b" not in log
    lines = [line for line in log.splitlines() if "req_" in line]
    assert len(lines) > 40  # what is refused is written some times a minute, then counted
    assert failed.headers["x-request-id"] in log
    assert "GET /v1/models failed" in log
    assert "test_logs.py" in log  # where it was raised
    if form == "json":
        told = [json.loads(line) for line in log.splitlines()]
        (error,) = [each for each in told if each["level"] == "error" and "/v1/models" in each["message"]]
        assert error["request_id"] == failed.headers["x-request-id"]
        assert error["exception"][-1].startswith("ValueError: its message is left out")
        access = [each for each in told if each["logger"] == "tandem.access"]
        assert {"time", "call", "status", "ms", "key", "client", "request_id"} <= access[-1].keys()
        assert (access[-1]["call"], access[-1]["status"], access[-1]["key"]) == ("GET /v1/models", 500, "crm")


def test_messages_are_shown_where_that_was_asked_for() -> None:
    try:
        try:
            raise OSError(28, "No space left", f"/home/{CANARY}")
        except OSError as error:
            raise KeyError(CANARY) from error
    except KeyError as error:
        quiet, loud = (list(raised(error, messages=messages)) for messages in (False, True))

    assert "OSError: No space left" in quiet
    assert CANARY not in repr(quiet)
    assert quiet[-1].startswith("KeyError: its message is left out")
    assert loud[-1] == f"KeyError: '{CANARY}'"
    assert list(raised(DamagedError("A file differs."), messages=False)) == ["DamagedError: A file differs."]


def test_nothing_in_a_line_is_obeyed_or_makes_another_line() -> None:
    record = logging.LogRecord("tandem", logging.WARNING, "", 0, "a\r\nERROR: b \x1b[31m %s", ("\u202e",), None)

    assert AsText().format(record) == "WARNING: a ERROR: b \\x1b[31m \\u202e"
    assert "\n" not in AsJson().format(record)
    assert json.loads(AsJson().format(record))["message"] == "a\r\nERROR: b \x1b[31m \u202e"


def test_what_repeats_is_logged_some_times_and_then_counted() -> None:
    now = [0.0]
    throttle = Throttle(lines=3, clock=lambda: now[0])

    def record(name: str, message: str, *values: object, status: int = 0) -> logging.LogRecord:
        made = logging.LogRecord(name, logging.INFO, "", 0, message, values, None)
        made.status = status
        return made

    refused = [throttle.filter(record(ACCESS, "%s", f"GET /{n} 401", status=401)) for n in range(10)]
    served = [throttle.filter(record(ACCESS, "%s", f"GET /{n} 200", status=200)) for n in range(10)]
    other = throttle.filter(record("tandem", "%s failed", "a"))
    now[0] = 61.0
    later = record(ACCESS, "%s", "GET /later 401", status=401)

    assert refused == [True] * 3 + [False] * 7
    assert all(served)
    assert other
    assert throttle.filter(later)
    assert later.getMessage() == "GET /later 401 (7 more like it before)"
