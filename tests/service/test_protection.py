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

from service.server import check_address, local_server
from service.settings import ServiceSettings, Settings
from store.errors import InvalidInputError

KEY = "correct-horse-battery"


@pytest.fixture
def guarded(settings: Settings) -> Iterator[str]:
    """The address of a server with a key and a small limit for bodies."""
    limits = ServiceSettings(max_body_bytes=100_000)
    with local_server(settings.model_copy(update={"api_key": KEY, "service": limits})) as url:
        yield url


def test_every_call_but_the_health_check_needs_the_key(guarded: str) -> None:
    paths = ("/v1/domains", "/openapi.json", "/docs", "/readyz", "/query")

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


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(guarded: str, chunked: bool) -> None:
    body = b"x" * 200_000
    content = iter([body[:50_000]] * 4) if chunked else body
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}

    answer = httpx.post(f"{guarded}/documents", content=content, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_without_a_key_only_loopback_may_be_bound(host: str) -> None:
    with pytest.raises(InvalidInputError, match="TANDEM_API_KEY"):
        check_address(host, None)
    check_address(host, KEY)
    check_address("127.0.0.1", None)


def test_a_second_server_of_a_folder_refuses_and_names_the_first(settings: Settings) -> None:
    with local_server(settings):
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
    assert time.monotonic() - begun < 10


def test_unknown_paths_and_methods_fail_in_the_given_shape(http: httpx.Client) -> None:
    for answer, status in ((http.get("/nothing"), 404), (http.put("/query"), 405)):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert http.get("/readyz").json() == {"status": "ready"}
