"""What the command line talks through: the running server of a data folder, or one of its own for the time being."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

import httpx

from service.replies import Job, Page, read
from service.settings import Settings, load_settings
from store.errors import ConflictError, FolderInUseError, InvalidInputError, TandemError
from store.folder import DataFolder, owner_in_words
from store.job_states import FINAL
from store.json_values import Json

_POLL_S = 0.2
_STARTING_S = 3.0  # a server owns its folder before it listens
_TIMEOUT = httpx.Timeout(10.0, read=600.0)  # an answer of a large model may take minutes


_Reply = TypeVar("_Reply")
_File = tuple[str, bytes]  # name and content


class Content(TypedDict, total=False):
    """What a request carries: its query, or a body as JSON or as a form with files."""

    params: Mapping[str, str | int]
    json: Mapping[str, object]
    data: Mapping[str, str] | None
    files: Mapping[str, _File] | Sequence[tuple[str, _File]]


class RequestError(TandemError):
    """The server refused; message and code are its own, and `status` is the HTTP status."""

    def __init__(self, status: int, message: str, code: str | None, param: str | None) -> None:
        super().__init__(message, code=code, param=param)
        self.status = status


class UnreachableError(TandemError):
    """The server does not answer, though the data folder names it."""

    status = 503
    code = "server_unreachable"


class AnswerError(TandemError):
    """The server answered with something else than this version of Tandem can read."""

    status = 502
    code = "unreadable_answer"


class Client:
    """Calls the HTTP interface and returns parsed JSON, or the object that it holds."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def call(self, method: str, path: str, **content: Unpack[Content]) -> Json:
        """Return the parsed answer, or text where it is none.

        Raises `RequestError` if the server refuses, and `UnreachableError` if it does not answer.
        """
        answer = self._request(method, path, content)
        if not answer.is_success:
            raise _refusal(answer)
        is_json = "json" in answer.headers.get("content-type", "")
        found: Json = answer.json() if is_json else answer.text
        return found

    def download(self, path: str, **content: Unpack[Content]) -> bytes:
        """Return the bytes that a call answers with; raises what `call` raises."""
        answer = self._request("GET", path, content)
        if not answer.is_success:
            raise _refusal(answer)
        return answer.content

    def read(self, kind: type[_Reply], method: str, path: str, **content: Unpack[Content]) -> _Reply:
        """Return the answer as an object of this kind; raises `AnswerError` if it is none, and what `call` raises."""
        return _known(kind, self.call(method, path, **content), path)

    def found(self, kind: type[_Reply], path: str) -> list[_Reply]:
        """Return the object at that path, or nothing if there is none."""
        try:
            return [self.read(kind, "GET", path)]
        except RequestError as error:
            if error.status != 404:
                raise
            return []

    def pages(self, kind: type[_Reply], path: str) -> Iterator[_Reply]:
        """Yield all objects of a list, page by page."""
        after: dict[str, str] = {}
        while True:
            page = self.read(Page, "GET", path, params={"limit": 10_000, **after})
            yield from (_known(kind, each, path) for each in page.data)
            if not page.has_more or page.last_id is None:
                return
            after = {"after": page.last_id}

    def wait(self, job_id: str, report: Callable[[Job], None], *, cancel: bool = True) -> Job:
        """Return the job once it has ended; `report` sees it at every look. An interrupt cancels it, if `cancel`."""
        try:
            while True:
                job = self.read(Job, "GET", f"/v1/jobs/{job_id}")
                report(job)
                if job.status in FINAL:
                    return job
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            with suppress(TandemError):  # it may have ended meanwhile
                if cancel:
                    self.call("POST", f"/v1/jobs/{job_id}/cancel")
            raise

    def _request(self, method: str, path: str, content: Content) -> httpx.Response:
        """Send the request; as long as nobody listens, send it again for a while."""
        until = time.monotonic() + _STARTING_S
        while True:
            try:
                return self._http.request(method, path, **content)
            except httpx.RequestError as error:
                if not isinstance(error, httpx.ConnectError) or time.monotonic() >= until:
                    reason = str(error) or type(error).__name__
                    url = str(self._http.base_url).rstrip("/")
                    message = f"The server at {url} named by the data folder does not answer: {reason}."
                    raise UnreachableError(message) from error
            except (httpx.InvalidURL, UnicodeEncodeError) as error:
                raise InvalidInputError(f"This cannot be sent to the server: {error}.") from error
            time.sleep(_POLL_S)


@contextmanager
def connect(home: Path | None, *, own: bool = True) -> Iterator[Client]:
    """Give a client of the server that owns the data folder; without one, serve the folder meanwhile.

    If that may not be its `own` server, `UnreachableError` says that none runs.
    """
    settings = load_settings(home)
    with ExitStack() as stack:
        url, token = _server(settings, stack, own=own)
        key = settings.api_key or token
        headers = {"authorization": f"Bearer {key}"} if key else {}
        secured = url.startswith("https:")  # else certificates, which take a tenth of a second to read, are for nothing
        http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=False, verify=secured)
        yield Client(stack.enter_context(http))


def is_served(home: Path) -> bool:
    """Return whether a server owns the data folder."""
    return "url" in (_owner(DataFolder.open(home)) or {})


def _server(settings: Settings, stack: ExitStack, *, own: bool) -> tuple[str, str | None]:
    """Return the address of the server that owns the folder, or of one that serves it until `stack` ends.

    With it comes the key of its present run, which it leaves in the folder for those who may read that.
    """
    folder = DataFolder.open(settings.home)
    owner = _owner(folder)
    if owner is None and not own:
        message = f"No server has the data folder {settings.home}: start one with tandem serve."
        raise UnreachableError(message, code="no_server")
    if owner is None:
        from service.http.server import local_server  # with all models' libraries: a second that others need not wait

        try:
            stack.enter_context(local_server(settings, only_asked=True))
            owner = _owner(folder)
        except FolderInUseError:
            owner = _owner(folder)  # somebody else began to serve it a moment ago
            if owner is None:
                raise
    owner = owner or {}
    if "url" not in owner:
        message = f"The data folder {settings.home} is in use by {owner_in_words(owner)}. Stop that first."
        raise ConflictError(message, code="folder_in_use")
    token = owner.get("token")
    return str(owner["url"]), None if token is None else str(token)


def exit_code(error: TandemError) -> int:
    """Return 2 for wrong use, 1 for any other failure."""
    return 2 if isinstance(error, InvalidInputError) or error.status == 400 else 1


def _owner(folder: DataFolder) -> dict[str, object] | None:
    """Return who owns the folder; an owner that has not said yet who it is gets a moment to do so."""
    until = time.monotonic() + _STARTING_S
    while (owner := folder.owner()) == {} and time.monotonic() < until:
        time.sleep(_POLL_S)
    return owner


def _known(kind: type[_Reply], given: Json, path: str) -> _Reply:
    try:
        return read(kind, given)
    except ValueError as error:
        reason = " ".join(str(error).split())[:300]
        message = f"The server answered {path} with what is no {kind.__name__}: {reason}. Is it of another version?"
        raise AnswerError(message) from error


def _refusal(answer: httpx.Response) -> RequestError:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return RequestError(
            answer.status_code, f"The server answered {answer.status_code}: {answer.text[:200]}", None, None
        )
    message = error["message"]
    if answer.status_code == 401:  # the server speaks of a header, which nobody types here
        message = "The server asks for a key, and TANDEM_API_KEY is none of those that it takes: set it to one."
    return RequestError(answer.status_code, message, error["code"], error["param"])
