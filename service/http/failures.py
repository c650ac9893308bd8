"""Every failure in one shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware

from generator.failing import BusyError
from store.errors import DamagedError, InvalidInputError, TandemError, UnsupportedMediaError
from store.refusals import explain

_TYPES = {401: "authentication_error", 404: "not_found_error", 409: "conflict_error", 422: "unprocessable_error",
          429: "rate_limit_error", 503: "unavailable_error"}  # fmt: skip
_LOG = logging.getLogger("tandem")


def compressed(request: Request) -> TandemError | None:
    """Return what refuses a body that is compressed, or None if it is not."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() in ("", "identity"):
        return None
    return UnsupportedMediaError(f"Send the body as it is, without 'content-encoding: {encoding[:40]}'.")


def not_json(request: Request) -> TandemError | None:
    """Return what refuses a body whose headers do not say that it is plain JSON, or None if they do."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return compressed(request)
    given = f"is {kind[:80]!r}" if kind else "is missing"
    message = f"The content type {given}: send JSON with the header 'content-type: application/json'."
    return compressed(request) or InvalidInputError(message, code="unsupported_media_type")


def error_type(status: int) -> str:
    """Return the `type` of an error with this status."""
    return _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")


def failure(error: TandemError, home: Path | None = None) -> JSONResponse:
    """Return the response of a failure; clients are told not to repeat a conflict that is final.

    The message does not show where the data folder `home` lies.
    """
    repeat = {"x-should-retry": str(not error.final).lower()}
    headers = {409: repeat, 503: {"retry-after": "1"}, 507: repeat}.get(error.status)
    if isinstance(error, BusyError):
        headers = {"retry-after": str(error.retry_after_s)}
    return JSONResponse(_content(error, home), error.status, headers)


def error_content(error: BaseException, what: str, home: Path) -> dict[str, object]:
    """Return the body of the failure that an exception is; one that nobody foresaw is logged and tells nothing.

    `what` names the request for the log.
    """
    if isinstance(error, TandemError):
        if error.status == 500:
            _LOG.error("%s failed: %s", what, error.message)
        return _content(error, home)
    _LOG.error("%s failed", what, exc_info=error)
    return _content(TandemError("The server failed on this request; its log says how."), None)


def _content(error: TandemError, home: Path | None) -> dict[str, object]:
    message = error.message
    for place in {home, home.resolve()} if home else ():
        message = message.replace(f"{place}/", "").replace(str(place), "the data folder")
    kind, param = error_type(error.status), error.param and _plain(error.param)
    return {"error": {"message": _plain(message), "type": kind, "param": param, "code": error.code}}


def _plain(text: str) -> str:
    """Return the text without what UTF-8 cannot hold: JSON may carry half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _refused(request: Request, error: RequestValidationError) -> TandemError:
    """Return what refuses a request that does not fit the description of its route."""
    first: ErrorDetails = error.errors()[0]
    place, *rest = first["loc"]  # "body", "query", "path" or "header", and then the field
    if place == "body" and not rest and (refused := not_json(request)) is not None:
        return refused
    if first["type"] == "json_invalid":
        return InvalidInputError(f"The body is no JSON: {first['ctx']['error']}.", code="invalid_json")
    if first["type"] == "missing" and not rest:
        return InvalidInputError("The body is missing: send a JSON object.", code="invalid_json")
    name, message = explain({**first, "loc": tuple(rest)}, error.body if place == "body" else None)
    return InvalidInputError(message, param=name or None)


def install(app: FastAPI, home: Path, suspect: Callable[[], None]) -> None:
    """Register what turns exceptions into failures. All of it is `async`: a failure must not wait for a thread.

    `suspect` is called when something is damaged.
    """

    @app.exception_handler(TandemError)
    async def _tandem(request: Request, error: TandemError) -> JSONResponse:
        error_content(error, call_of(request), home)  # logs what is the server's fault
        if isinstance(error, DamagedError):
            suspect()
        return failure(error, home)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        return failure(_refused(request, error))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and "parsing the body" in str(error.detail):
            unreadable = InvalidInputError("The body is no JSON that can be read.", code="invalid_json")
            return failure(compressed(request) or unreadable)
        message = f"{_named(request)}: {str(error.detail).rstrip('.')}."
        refused = TandemError(message, code=HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"))
        refused.status = error.status_code
        return failure(refused)

    @app.exception_handler(UnicodeEncodeError)
    async def _surrogate(request: Request, error: UnicodeEncodeError) -> JSONResponse:
        del request
        return failure(InvalidInputError(f"The text cannot be written as UTF-8: {error.reason}.", code="invalid_text"))

    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_content(error, call_of(request), home), 500)

    # As a handler of the application it would be called, too, but uvicorn would get the exception and hang up.
    app.add_middleware(ExceptionMiddleware, handlers={Exception: _unexpected})


def _named(request: Request) -> str:
    return f"{request.method} {request.url.path}"


def call_of(request: Request) -> str:
    """Return the call for the log: the path itself holds what clients call their documents."""
    named: str = request.state.named
    return named
