"""Serving over HTTP: in the foreground for `tandem serve`, or beside a command that found no server running."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from service.app import create_app
from service.runtime import open_runtime
from service.settings import Settings
from store.errors import InvalidInputError


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal ends it. Without a key only a loopback address is allowed."""
    check_address(host, settings.api_key)
    with _bind(host, port) as listener, open_runtime(settings, _url(listener)) as runtime:
        _server(create_app(runtime), "info").run(sockets=[listener])


@contextmanager
def local_server(settings: Settings) -> Iterator[str]:
    """Serve on a free loopback port for the time of the context; give the address."""
    with _bind("127.0.0.1", 0) as listener, open_runtime(settings, _url(listener)) as runtime:
        server = _server(create_app(runtime), "warning")
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
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidInputError(f"{host}:{port} cannot be used: {error.strerror}.", param="port") from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(app: object, level: str) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(app, log_level=level, lifespan="off", timeout_graceful_shutdown=10))  # type: ignore[arg-type]
