"""Every failure in one shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from store.errors import TandemError

_TYPES = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 409: "conflict_error",
          413: "invalid_request_error", 422: "unprocessable_error", 503: "unavailable_error"}  # fmt: skip
# Where pydantic looked and which member of a union it tried; the field is what remains.
_NO_FIELD = re.compile(
    r"body|query|path|(constrained-)?(str|int|float|bool|list|dict)(\[.*\])?|function-.*"
    r"|eq|ne|gt|gte|lt|lte|in|nin|and|or"
)
_LOG = logging.getLogger("tandem")


def field_name(location: Sequence[int | str]) -> str:
    """Return the dotted name of the field that a validation error is about."""
    return ".".join(str(part) for part in location if not _NO_FIELD.fullmatch(str(part)))


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


def install(app: FastAPI) -> None:
    """Register the handlers that turn exceptions into failures."""

    @app.exception_handler(TandemError)
    def _tandem(request: Request, error: TandemError) -> JSONResponse:
        del request
        return failure(error.status, error.message, code=error.code, param=error.param, final=error.final)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return failure(400, f"The body is no JSON: {first['ctx']['error']}.", code="invalid_json")
        name = field_name(first["loc"])
        message = f"{name}: {first['msg']}." if name else f"{first['msg']}."
        return failure(400, message, code="invalid_value", param=name or None)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and "parsing the body" in str(error.detail):
            return failure(400, "The body is no JSON that can be read.", code="invalid_json")
        message = f"{request.method} {request.url.path}: {error.detail}."
        return failure(error.status_code, message, code=HTTPStatus(error.status_code).phrase.lower().replace(" ", "_"))

    @app.exception_handler(UnicodeEncodeError)
    def _surrogate(request: Request, error: UnicodeEncodeError) -> JSONResponse:
        del request
        return failure(400, f"The text cannot be written as UTF-8: {error.reason}.", code="invalid_text")

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return failure(500, "The server failed on this request; its log says how.", code="internal_error")
