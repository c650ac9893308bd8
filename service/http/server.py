"""Serving over HTTP: in the foreground for `tandem serve`, or beside a command that found no server running."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from service.http.app import create_app
from service.http.connections import Guard, GuardedProtocol
from service.logs import ACCESS, FORMATS, QUOTING, Throttle
from service.runtime import Loaded, open_runtime
from service.settings import ServiceSettings, Settings
from store.errors import InvalidInputError
from store.keys import list_keys
from store.store import Store

_LOG = logging.getLogger("tandem")
_ACCEPTED = 16  # connections taken in a turn of the loop: asyncio takes as many as may queue before it serves any
_QUEUE = 1024  # connections that the system keeps waiting
_MOST_CONNECTIONS = 4096


class HttpServer(uvicorn.Server):
    """A server that says where it listens, watches its connections, and sets `draining` when it begins to stop."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        *,
        draining: threading.Event,
        level: str | None = None,
        requests_to: Literal["stdout", "stderr"] = "stderr",
        listening: Callable[[str], None] | None = None,
    ) -> None:
        self._guard = Guard(settings, settings.connections or default_connections(raise_open_files()))
        super().__init__(_config(app, self._guard, level or settings.log_level, requests_to))
        self._draining = draining
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then call `listening` with the address."""
        asyncio.get_running_loop().set_exception_handler(_report)
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_QUEUE)
        self._sweeping = asyncio.create_task(self._guard.sweep())
        if self.started and sockets and self._listening:
            self._listening(_url(sockets[0]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop once the requests that are being served have their answers."""
        self._draining.set()
        await super().shutdown(sockets)
        self._sweeping.cancel()

    @contextmanager
    def running(self, listener: socket.socket) -> Iterator[str]:
        """Serve in a thread for the time of the context; give the address."""
        url = _url(listener)
        thread = threading.Thread(target=self.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        try:
            while not self.started and thread.is_alive():
                time.sleep(0.01)
            yield url
        finally:
            self.should_exit = True
            thread.join()


def serve(
    settings: Settings, announce: Callable[[str, bool], None], *, requests_to: Literal["stdout", "stderr"] = "stdout"
) -> None:
    """Serve until a signal ends it. Without a key only a loopback address is allowed.

    `announce` gets the address once the server listens, and whether it asks for a key; the log of requests goes to
    `requests_to`.
    """
    host, port = settings.service.host, settings.service.port
    if settings.service.log_level == "debug":
        _LOG.warning(QUOTING)
    check_address(host, lambda: settings.api_key is not None or has_keys(settings.home))
    # uvicorn sends itself the signal again once it has stopped; by default that would end us without `Runtime.stop`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with bind(host, port) as listener, open_runtime(settings, _url(listener)) as runtime:
        app, keys = create_app(runtime), runtime.keys
        HttpServer(
            app,
            settings.service,
            draining=runtime.draining,
            requests_to=requests_to,
            listening=lambda url: announce(url, keys.required),
        ).run(sockets=[listener])


@contextmanager
def local_server(settings: Settings, *, only_asked: bool = False, loaded: Loaded | None = None) -> Iterator[str]:
    """Serve on a free loopback port for the time of the context; give the address.

    With `only_asked` no job is begun but those that requests ask for. Models that are not `loaded` are loaded.
    """
    with (
        bind("127.0.0.1", 0) as listener,
        open_runtime(settings, _url(listener), only_asked=only_asked, loaded=loaded) as runtime,
    ):
        server = HttpServer(create_app(runtime), settings.service, draining=runtime.draining, level="warning")
        with server.running(listener) as url:
            yield url


def has_keys(home: Path) -> bool:
    """Return whether a data folder has a key in force."""
    store = Store.open(home)
    try:
        return any(key.revoked_at is None for key in list_keys(store))
    finally:
        store.close()


def check_address(host: str, keyed: Callable[[], bool]) -> None:
    """Raise `InvalidInputError` if others could reach a server for which no key is in force; `keyed` says whether."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not keyed():
        raise InvalidInputError(
            f"Without a key the server binds loopback addresses only, not {host}: make one with 'tandem key create', "
            "or set TANDEM_API_KEY.",
            param="host",
        )


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens at that address; port 0 takes any free one. Raises `InvalidInputError` if in use.

    Who connects before the application runs waits for it: loading models for the first time takes half a minute.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit this. asyncio sets it only on sockets whose protocol is named, and without it the
    # client's delayed acknowledgement adds 40 ms to every answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(_ACCEPTED)
    except OSError as error:
        listener.close()
        raise InvalidInputError(f"{host}:{port} cannot be used: {error.strerror}.", param="port") from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def raise_open_files() -> int:
    """Raise the limit of open files as far as this process may; return it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems name a limit that they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft > 0 else _MOST_CONNECTIONS * 4


def default_connections(open_files: int) -> int:
    """Return how many connections leave enough of the open files to the database, the indexes and the jobs."""
    return min(_MOST_CONNECTIONS, max(16, open_files // 2 - 64))


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Log what went wrong in the loop; without descriptors for new connections one line says all."""
    error = context.get("exception")
    if "accept" in str(context["message"]) and isinstance(error, OSError):
        reason = error.strerror
        _LOG.error("No new connection can be taken: %s. Raise the limit of open files (ulimit -n).", reason)
    elif "_start_serving" in str(context.get("handle")) and isinstance(error, ValueError):
        return  # asyncio would have tried to accept again, but the server was closed meanwhile
    else:
        loop.default_exception_handler(context)


def _config(app: ASGIApp, guard: Guard, level: str, requests_to: str) -> uvicorn.Config:
    settings: ServiceSettings = guard.settings
    written = {"()": FORMATS[settings.log_format], "messages": level == "debug"}
    handler = {"class": "logging.StreamHandler", "formatter": "written", "filters": ["storm"]}
    heard = {"handlers": ["default"], "level": level.upper()}
    logs = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"written": written},
        "filters": {"storm": {"()": Throttle}},
        "handlers": {
            "default": {**handler, "stream": "ext://sys.stderr"},
            "requests": {**handler, "stream": f"ext://sys.{requests_to}"},
        },
        "loggers": {
            **dict.fromkeys(("tandem", "asyncio", "uvicorn"), heard),
            ACCESS: {**heard, "handlers": ["requests"], "propagate": False},
        },
    }
    return uvicorn.Config(
        app,
        http=partial(GuardedProtocol, guard),  # type: ignore[arg-type]
        ws="none",
        log_config=logs,
        access_log=False,  # it would write whole paths, and what stands behind them
        log_level=level,
        lifespan="off",
        backlog=_ACCEPTED,
        timeout_keep_alive=settings.keep_alive_s,  # type: ignore[arg-type]
        timeout_graceful_shutdown=settings.stop_s,  # type: ignore[arg-type]
    )
