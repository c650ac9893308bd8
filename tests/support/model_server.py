"""A model server in a process of its own: OpenAI's routes over a plain socket server, which misbehaves as it is told.

Run as a script it prints its port and serves until its input ends. Whatever is asked for, it writes the words of the
model's name; how it does so stands in the name of the model: `slow`, `hang`, `torn`, `malformed`, `silent`, `busy`, …
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ["The", " office", " opens", " at", " nine", " [1]."]


class State:
    """What the server was asked, and which adapters it has."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.adapters: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.left = 0
        self.written = 0
        self.may_load = True
        self.parent = "words"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    state: State
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """List the models, or what was asked."""
        state = self.state
        if self.path == "/seen":
            seen = {"asked": state.asked, "left": state.left, "written": state.written, "adapters": state.adapters}
            self._json(200, seen)
            return
        names = ("words", "slow", "hang", "torn", "malformed", "error", "busy", "later", "down", "refused", "plain")
        rows = [{"id": name, "object": "model", "root": state.root, "parent": None} for name in names]
        rows += [{"id": name, "root": path, "parent": state.parent} for name, path in state.adapters.items()]
        self._json(200, {"object": "list", "data": rows})

    def do_POST(self) -> None:
        """Write, or load an adapter, or change how it behaves."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state = self.state
        if self.path == "/set":
            for name, value in body.items():
                setattr(state, name, value)
            self._json(200, {})
        elif self.path == "/v1/load_lora_adapter":
            if not state.may_load:
                self._json(404, {"detail": "Not Found"})
                return
            state.adapters[body["lora_name"]] = body["lora_path"]
            self._json(200, "Success")
        else:
            state.asked.append({**body, "authorization": self.headers.get("authorization")})
            self._write(str(body["model"]), len([each for each in state.asked if each["model"] == body["model"]]))

    def _write(self, model: str, times: int) -> None:
        if model == "busy" or (model == "later" and times < 3):
            self._json(429, {"error": {"message": "come again"}}, **{"retry-after-ms": "20"})
        elif model == "down":
            self._json(503, {"error": {"message": "out of memory"}}, **{"x-should-retry": "false"})
        elif model == "refused":
            self._json(400, {"object": "error", "message": "This model's maximum context length is 64 tokens."})
        elif model == "plain":
            choice = {"message": {"content": "".join(WORDS)}, "finish_reason": "stop"}
            self._json(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 6}})
        else:
            self._stream(model)

    def _stream(self, model: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            self._events(model)
        except OSError:
            self.state.left += 1

    def _events(self, model: str) -> None:
        if model == "hang":
            time.sleep(20)
        words = WORDS if model != "slow" else [f" w{number}" for number in range(400)]
        for number, word in enumerate(words):
            if number == 3 and model == "torn":
                return
            if number == 3 and model == "malformed":
                self._send(b'data: {"choices": [{"delta": \n\n')
            if number == 3 and model == "error":
                self._send(b'data: {"error": {"message": "CUDA out of memory"}}\n\n')
            event = {"choices": [{"delta": {"content": word}, "finish_reason": None}]}
            self._send(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.state.written += 1
            if model == "slow":
                time.sleep(0.03)
        self._send(b': a comment\n\ndata: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n')
        self._send(b'data: {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 6}}\n\ndata: [DONE]\n\n')

    def _send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _json(self, status: int, content: object, **headers: str) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve; the argument is the folder that the server says its model comes from."""
    Handler.state = State(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
