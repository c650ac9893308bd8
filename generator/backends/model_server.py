"""An OpenAI-compatible server: its answers as they are written, with timeouts, retries, and its own words on errors.

One thread keeps the connections; each answer can be given up at any moment, which closes its connection, so that the
server stops writing it, too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from generator.answer import AbandonedError
from generator.failing import TooSlowError, WriterError
from generator.settings import ServerSettings
from store.json_values import Json, JsonObject

if TYPE_CHECKING:
    import httpx

_LOG = logging.getLogger("tandem")
_LOOK_S = 0.1  # how often who waits for the next piece looks whether the answer is still wanted
_CONNECT_S = 5.0
_LONGEST_LINE = 1 << 20  # bytes of an event
_AGAIN = {408, 409, 429, 500, 502, 503, 504}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0


@dataclass(frozen=True)
class Chunk:
    """A piece of text, and with the last one how many tokens the server counted."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _RetryableError(WriterError):
    """A failure after which the same request may succeed; `pause_s` is what the server asks to wait, if it does."""

    def __init__(self, message: str, pause_s: float | None = None) -> None:
        super().__init__(message)
        self.pause_s = pause_s


class ModelServer:
    """A server by its settings. Safe to use from many threads."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._url = str(settings.url).rstrip("/")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model server", daemon=True)
        self._thread.start()

    def write(self, body: JsonObject, deadline: float, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """Yield the text of a chat completion as it comes.

        Raises `AbandonedError` once nobody wants it, `TooSlowError` at the deadline, a reading of the monotonic clock,
        and `WriterError` with what is wrong otherwise.
        """
        pieces: SimpleQueue[Chunk | None] = SimpleQueue()
        work = asyncio.run_coroutine_threadsafe(self._pump(body, deadline, pieces), self._loop)
        work.add_done_callback(lambda _: pieces.put(None))
        try:
            while (piece := _next(pieces, work, deadline, cancelled)) is not None:
                yield piece
        finally:
            work.cancel()

    def call(self, path: str, body: JsonObject | None = None) -> Json:
        """Return what the server answers to a GET, or with a body to a POST; `WriterError` if it refuses."""
        return asyncio.run_coroutine_threadsafe(self._called(path, body), self._loop).result()

    def close(self) -> None:
        """Give up what is being asked, close the connections, and end the thread."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if "_client" in vars(self):  # it was needed
            await self._client.aclose()
        await self._loop.shutdown_asyncgens()

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        import httpx

        key = self._settings.api_key
        headers = {"authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Timeout(self._settings.stall_s, connect=_CONNECT_S)
        return httpx.AsyncClient(headers=headers, timeout=limits, follow_redirects=False)

    async def _called(self, path: str, body: JsonObject | None) -> Json:
        import httpx

        method = "GET" if body is None else "POST"
        try:
            response = await self._client.request(method, f"{self._url}{path}", json=body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(error) from error
        if response.status_code >= 300:
            raise self._refused(response.status_code, response.text, response.headers)
        try:
            found: Json = response.json()
        except ValueError:
            return response.text
        return found

    async def _pump(self, body: JsonObject, deadline: float, pieces: SimpleQueue[Chunk | None]) -> None:
        """Hand over the chunks of a completion, begun again while none has come."""
        pause, begun = _FIRST_PAUSE_S, False
        for attempt in range(self._settings.retries + 1):
            try:
                async for chunk in self._chunks(body):
                    begun = True
                    pieces.put(chunk)
                return
            except _RetryableError as error:
                wait = pause if error.pause_s is None else error.pause_s
                last = attempt == self._settings.retries or time.monotonic() + wait > deadline
                if begun or last:
                    raise
            await asyncio.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _chunks(self, body: JsonObject) -> AsyncIterator[Chunk]:
        import httpx

        try:
            async with self._client.stream("POST", f"{self._url}/chat/completions", json=body) as response:
                if response.status_code >= 300:
                    text = (await response.aread())[:10_000].decode("utf-8", "replace")
                    raise self._refused(response.status_code, text, response.headers)
                async for chunk in _parsed(response):
                    yield chunk
        except httpx.ReadTimeout as error:
            message = f"The model server sent nothing for {self._settings.stall_s:g} s (generator.server.stall_s)."
            raise WriterError(message) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> WriterError:
        _LOG.warning("the model server %s cannot be reached: %s: %s", self._url, type(error).__name__, error)
        return _RetryableError(f"The model server cannot be reached ({type(error).__name__}).")

    def _refused(self, status: int, text: str, headers: Mapping[str, str]) -> WriterError:
        said = _said(text)
        _LOG.warning("the model server %s answered %d: %s", self._url, status, said)
        message = f"The model server answered {status}: {said}"
        wanted = {"true": True, "false": False}.get(headers.get("x-should-retry", ""))
        again = status in _AGAIN if wanted is None else wanted
        return _RetryableError(message, _pause(headers)) if again else WriterError(message)


def _next(
    pieces: SimpleQueue[Chunk | None], work: Future[None], deadline: float, cancelled: Callable[[], bool]
) -> Chunk | None:
    """Return the next piece, None at the end; raise what ended the work early, or why nobody waits for it."""
    while True:
        if cancelled():
            raise AbandonedError("Nobody waits for the answer any more.")
        if time.monotonic() > deadline:
            raise TooSlowError("The model server did not finish this answer before its deadline.")
        try:
            piece = pieces.get(timeout=_LOOK_S)
        except Empty:
            continue
        if piece is None:
            work.result()
        return piece


async def _parsed(response: httpx.Response) -> AsyncIterator[Chunk]:
    """Yield the chunks of a stream of events, which has to be whole."""
    if "text/event-stream" not in response.headers.get("content-type", ""):
        yield _chunk((await response.aread()).decode("utf-8", "replace"), "message")
        return
    ended, pending = False, b""
    async for data in response.aiter_bytes():
        *lines, pending = (pending + data).split(b"\n")
        if len(pending) > _LONGEST_LINE:
            raise WriterError("The model server sent an event without an end.")
        for line in lines:
            content = line.strip().removeprefix(b"data:").strip()
            if not line.startswith(b"data:") or not content:
                continue
            if content == b"[DONE]":
                return
            chunk = _chunk(content.decode("utf-8", "replace"), "delta")
            ended = ended or (b'"finish_reason"' in content and not _goes_on(content))
            yield chunk
    if not ended:
        raise WriterError("The model server ended its answer in the middle.")


def _goes_on(content: bytes) -> bool:
    choices = json.loads(content).get("choices") or [{}]
    return choices[0].get("finish_reason") is None


def _chunk(content: str, part: str) -> Chunk:
    """Return what an event says; `part` is where its text stands."""
    try:
        event = json.loads(content)
        if event.get("error"):
            raise WriterError(f"The model server failed: {_said(content)}")
        choices, usage = event.get("choices") or [], event.get("usage") or {}
        text = (choices[0][part].get("content") or "") if choices else ""
        counts = (int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens"))
        if not isinstance(text, str):
            raise TypeError("text is no text")
        return Chunk(text, *counts)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise WriterError(f"The model server sent what is no chat completion: {content[:100]!r}.") from error


def _said(text: str) -> str:
    """Return the message of an error in whatever form servers send it, cut short."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    return " ".join(str(found).split())[:300]


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, as it is written in one of three ways."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        if headers["retry-after"].replace(".", "", 1).isdigit():
            return float(headers["retry-after"])
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except ValueError:
        return None
