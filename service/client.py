"""What the command line talks through: the running server of a data folder, or one of its own for the time being."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from service.server import local_server
from service.settings import load_settings
from store.errors import ConflictError, InvalidInputError, TandemError
from store.folder import DataFolder
from store.jobs import FINAL

_POLL_S = 0.2
_TIMEOUT = httpx.Timeout(10.0, read=600.0)  # an answer of a large model may take minutes


class RequestError(TandemError):
    """The server refused; message and code are its own, and `status` is the HTTP status."""

    def __init__(self, status: int, message: str, code: str | None, param: str | None) -> None:
        super().__init__(message, code=code, param=param)
        self.status = status


class Client:
    """Calls the HTTP interface and returns parsed JSON."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Return the parsed answer, or text where it is none; `RequestError` if the server refuses."""
        answer = self._http.request(method, path, **arguments)
        if answer.is_error:
            raise _refusal(answer)
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.text

    def wait(self, job_id: str, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Return the job once it has ended; `report` sees it at every look. An interrupt cancels it."""
        try:
            while True:
                job: dict[str, Any] = self.call("GET", f"/v1/jobs/{job_id}")
                report(job)
                if job["status"] in FINAL:
                    return job
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            self.call("POST", f"/v1/jobs/{job_id}/cancel")
            raise


@contextmanager
def connect(home: Path | None) -> Iterator[Client]:
    """Give a client of the server that owns the data folder; without one, serve the folder meanwhile."""
    settings = load_settings(home)
    headers = {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    owner = DataFolder.open(settings.home).owner()
    if owner is None:
        with local_server(settings) as url, httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT) as http:
            yield Client(http)
    elif "url" in owner:
        with httpx.Client(base_url=str(owner["url"]), headers=headers, timeout=_TIMEOUT) as http:
            yield Client(http)
    else:
        raise ConflictError(f"The data folder {settings.home} is in use by {owner}.", code="folder_in_use")


def exit_code(error: TandemError) -> int:
    """Return 2 for wrong use, 1 for any other failure."""
    return 2 if isinstance(error, InvalidInputError) or error.status == 400 else 1


def _refusal(answer: httpx.Response) -> RequestError:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return RequestError(
            answer.status_code, f"The server answered {answer.status_code}: {answer.text[:200]}", None, None
        )
    return RequestError(answer.status_code, error["message"], error["code"], error["param"])
