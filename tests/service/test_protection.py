"""What stands before everything else: key, body size, request id."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Served

from service.http.server import check_address
from service.settings import ServiceSettings, Settings
from store.errors import InvalidInputError

KEY = "correct-horse-battery"


@pytest.fixture
def guarded(served: Served, settings: Settings) -> Iterator[str]:
    """The address of a server with a key and a small limit for bodies."""
    limits = ServiceSettings(max_body_bytes=100_000)
    with served(settings.model_copy(update={"api_key": KEY, "service": limits})) as url:
        yield url


def test_every_call_but_the_health_check_needs_the_key(guarded: str) -> None:
    paths = ("/v1/domains", "/openapi.json", "/readyz", "/query", "/docs/other", "/v1/doctor")

    assert httpx.get(f"{guarded}/healthz").status_code == 200
    for path in paths:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": KEY}):
            answer = httpx.get(guarded + path, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    answer = httpx.get(f"{guarded}/v1/domains", headers={"authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"].startswith("req_")


def test_the_key_is_checked_before_any_byte_of_the_body(guarded: str) -> None:
    host, port = guarded.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        head = "POST /documents HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n"
        connection.sendall(f"{head}content-length: 90000\r\n\r\n".encode())

        assert connection.recv(100).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("path", ["/documents", "/v1/domains", "/query", "/v1/domains/default/search"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(guarded: str, chunked: bool, path: str) -> None:
    body = b"x" * 200_000
    content = iter([body[:50_000]] * 4) if chunked else body
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}

    answer = httpx.post(guarded + path, content=content, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_without_a_key_only_loopback_may_be_bound(host: str) -> None:
    with pytest.raises(InvalidInputError, match="TANDEM_API_KEY"):
        check_address(host, lambda: False)
    check_address(host, lambda: True)
    check_address("127.0.0.1", lambda: False)


def test_a_second_server_of_a_folder_refuses_and_names_the_first(served: Served, settings: Settings) -> None:
    with served(settings):
        begun = time.monotonic()
        second = subprocess.run(
            [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--home", str(settings.home)],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )

    assert second.returncode == 1
    assert "in use" in second.stderr
    assert "Traceback" not in second.stderr
    assert time.monotonic() - begun < 60  # it does not wait for the first one to end


def test_every_response_has_a_request_id_of_its_own(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret path /home/x")

    monkeypatch.setattr("service.actions.models.list_models", fail)
    wrong = {"content-type": "application/json"}
    answers = [
        http.get("/healthz"),
        http.get("/nothing"),
        http.put("/query"),
        http.post("/query", content=b"{", headers=wrong),
        http.get("/v1/models"),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 405, 400, 500]
    names = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(names)) == len(names)
    assert all(name.startswith("req_") for name in names)
    assert answers[-1].json()["error"] == {
        "message": "The server failed on this request; its log says how.",
        "type": "server_error",
        "param": None,
        "code": "internal_error",
    }
    assert "GET /v1/models failed" in caplog.text


@pytest.mark.parametrize("path", ["/query", "/v1/domains", "/documents", "/v1/jobs", "/v1/domains/default/search"])
@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_names_no_field(http: httpx.Client, path: str, body: bytes) -> None:
    answer = http.post(path, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"], error["type"]) == ("invalid_json", None, "invalid_request_error")


@pytest.mark.parametrize(
    ("method", "path", "body", "param"),
    [
        ("POST", "/query", {"question": 5}, "question"),
        ("POST", "/query", {"question": "x", "filters": {"type": "eq", "key": 5, "value": 1}}, "filters.key"),
        ("POST", "/query", {"question": "x", "filters": {"type": "eq", "key": "a", "value": [1]}}, "filters.value"),
        (
            "POST",
            "/query",
            {"question": "x", "filters": {"type": "and", "filters": [{"type": "eq", "key": 5, "value": 1}]}},
            "filters.filters.0.key",
        ),
        ("POST", "/query", {"question": "x", "history": [{"role": "system", "content": ""}]}, "history.0.role"),
        ("POST", "/v1/domains", {"name": "a", "metadata": {"x": [None]}}, "metadata.x"),
        ("PATCH", "/v1/domains/default", {"metadata": {"x": {}}}, "metadata.x"),
        ("GET", "/v1/jobs?limit=0", None, "limit"),
        ("GET", "/v1/jobs?order=up", None, "order"),
    ],
)
def test_a_wrong_field_is_named_as_the_client_wrote_it(
    http: httpx.Client, method: str, path: str, body: object, param: str
) -> None:
    answer = http.request(method, path, json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_unknown_paths_and_methods_fail_in_the_given_shape(http: httpx.Client) -> None:
    for answer, status in ((http.get("/nothing"), 404), (http.put("/query"), 405)):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert http.get("/readyz").json() == {"status": "ready"}
