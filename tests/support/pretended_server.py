"""Data folders that a server owns, or seems to: commands find it there and talk to it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from store.folder import DataFolder

HANG_UP = 0
Answers = Callable[[str, str, bytes], tuple[int, Any]]


@contextmanager
def owned(shell: dict[str, str], url: str) -> Iterator[None]:
    """Own the data folder in the name of a server."""
    with DataFolder.open(Path(shell["TANDEM_HOME"])).lock({"pid": os.getpid(), "url": url}):
        yield


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
    """Return the answer with which a server refuses a request."""
    return status, {"error": {"message": message, "type": "t", "param": None, "code": "c"}}
