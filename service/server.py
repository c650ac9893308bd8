"""Serving over HTTP: in the foreground for `tandem serve`, or beside a command that found no server running."""

from __future__ import annotations

import copy
import ipaddress
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from service.app import create_app
from service.protection import Protection
from service.runtime import open_runtime
from service.settings import Settings
from store.errors import InvalidInputError


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then call `listening`."""
        await super().startup(sockets)
        if self.started:
            self._listening()


def serve(settings: Settings, announce: Callable[[str], None] | None = None) -> None:
    """Serve until a signal ends it. Without a key only a loopback address is allowed.

    `announce` gets the address once the server listens; standard output then belongs to it, and the log of requests
    goes to standard error.
    """
    host, port = settings.service.host, settings.service.port
    check_address(host, settings.api_key)
    # uvicorn sends itself the signal again once it has stopped; by default that would end us without `Runtime.stop`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _bind(host, port) as listener, open_runtime(settings, _url(listener)) as runtime:
        config = _config(create_app(runtime), "info", "stderr" if announce else "stdout")
        _Server(config, lambda: announce(_url(listener)) if announce else None).run(sockets=[listener])


@contextmanager
def local_server(settings: Settings) -> Iterator[str]:
    """Serve on a free loopback port for the time of the context; give the address."""
    with _bind("127.0.0.1", 0) as listener, open_runtime(settings, _url(listener)) as runtime:
        server = uvicorn.Server(_config(create_app(runtime), "warning", "stderr"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def check_address(host: str, api_key: str | None) -> None:
    """Raise `InvalidInputError` if others could reach a server that has no key."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and api_key is None:
        raise InvalidInputError(
            f"Without a key the server binds loopback addresses only, not {host}: set TANDEM_API_KEY.", param="host"
        )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit this. asyncio sets it only on sockets whose protocol is named, and without it the
    # client's delayed acknowledgement adds 40 ms to every answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidInputError(f"{host}:{port} cannot be used: {error.strerror}.", param="port") from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(app: Protection, level: str, requests_to: str) -> uvicorn.Config:
    logs = copy.deepcopy(LOGGING_CONFIG)
    logs["handlers"]["access"]["stream"] = f"ext://sys.{requests_to}"
    return uvicorn.Config(app, log_config=logs, log_level=level, lifespan="off", timeout_graceful_shutdown=10)
