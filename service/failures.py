"""Every failure in one shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.validation import explain
from store.errors import InvalidInputError, TandemError, UnsupportedMediaError

_TYPES = {401: "authentication_error", 404: "not_found_error", 409: "conflict_error", 422: "unprocessable_error",
          503: "unavailable_error"}  # fmt: skip
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


def failure(
    status: int, message: str, *, code: str | None = None, param: str | None = None, final: bool = True
) -> JSONResponse:
    """Return the response of a failure; clients are told not to repeat a conflict that is final."""
    kind = error_type(status)
    headers = {409: {"x-should-retry": str(not final).lower()}, 503: {"retry-after": "1"}}.get(status)
    error = {"message": _plain(message), "type": kind, "param": param and _plain(param), "code": code}
    return JSONResponse({"error": error}, status, headers)


def _plain(text: str) -> str:
    """Return the text without what UTF-8 cannot hold: JSON may carry half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _refused(request: Request, error: RequestValidationError) -> TandemError:
    """Return what refuses a request that does not fit the description of its route."""
    first = error.errors()[0]
    place, *rest = first["loc"]  # "body", "query", "path" or "header", and then the field
    if place == "body" and not rest and (refused := not_json(request)) is not None:
        return refused
    if first["type"] == "json_invalid":
        return InvalidInputError(f"The body is no JSON: {first['ctx']['error']}.", code="invalid_json")
    if first["type"] == "missing" and not rest:
        return InvalidInputError("The body is missing: send a JSON object.", code="invalid_json")
    name, message = explain({**first, "loc": rest}, error.body if place == "body" else None)
    return InvalidInputError(message, param=name or None)


def install(app: FastAPI) -> None:
    """Register the handlers that turn exceptions into failures."""

    @app.exception_handler(TandemError)
    def _tandem(request: Request, error: TandemError) -> JSONResponse:
        del request
        return failure(error.status, error.message, code=error.code, param=error.param, final=error.final)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        refused = _refused(request, error)
        return failure(refused.status, refused.message, code=refused.code, param=refused.param)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and "parsing the body" in str(error.detail):
            unreadable = InvalidInputError("The body is no JSON that can be read.", code="invalid_json")
            refused = compressed(request) or unreadable
            return failure(refused.status, refused.message, code=refused.code)
        message = f"{request.method} {request.url.path}: {str(error.detail).rstrip('.')}."
        return failure(error.status_code, message, code=HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"))

    @app.exception_handler(UnicodeEncodeError)
    def _surrogate(request: Request, error: UnicodeEncodeError) -> JSONResponse:
        del request
        return failure(400, f"The text cannot be written as UTF-8: {error.reason}.", code="invalid_text")

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return failure(500, "The server failed on this request; its log says how.", code="internal_error")
