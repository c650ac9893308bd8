"""The exceptions of Tandem. Every package raises these; the service maps them to HTTP and the command line to codes.

TandemError
├── InvalidInputError      400, exit 2   the caller must change the request
│   ├── UnsupportedMediaError  415, exit 2   the body is in a form that is never taken
│   └── FolderError        400, exit 2   the folder named is no data folder, or not one that can be opened as it is
├── NotFoundError          404, exit 1   nothing of that name or id here
├── ConflictError          409, exit 1   final: the same request will fail again
│   └── FolderInUseError   409, exit 1   another process owns the data folder
├── UnprocessableError     422, exit 1   understood, but no part of it could be done
├── NotReadyError          503, exit 1   try again later
├── StorageFullError       507, exit 1   the disk is full; deleting works
├── ReadOnlyError          500, exit 1   the data folder may not be written
├── DamagedError           500, exit 1   what is on disk contradicts its hash or itself
└── ComputationError       500, exit 1   this machine computed numbers that cannot be right
"""

from __future__ import annotations


class TandemError(Exception):
    """A failure: a message for the user, a `code` for programs and, where one is to blame, the field `param`."""

    status = 500
    code = "internal_error"

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, final: bool | None = None
    ) -> None:
        """`final` says that the same request will fail again, which is the default below status 500."""
        super().__init__(message)
        self.final = final if final is not None else self.status < 500
        self.message = message
        self.code = code or type(self).code
        self.param = param


class InvalidInputError(TandemError):
    """The request is malformed or a value is out of range."""

    status = 400
    code = "invalid_value"


class UnsupportedMediaError(InvalidInputError):
    """The body of a request is in a form that is never taken."""

    status = 415
    code = "unsupported_media_type"


class FolderError(InvalidInputError):
    """The folder is not a data folder, or was left in a state in which opening it could lose something."""

    code = "unusable_folder"

    def __init__(self, message: str) -> None:
        super().__init__(message, param="home")


class NotFoundError(TandemError):
    """The named object does not exist in the given domain."""

    status = 404
    code = "not_found"


class ConflictError(TandemError):
    """The request contradicts the present state and will do so when repeated."""

    status = 409
    code = "conflict"


class FolderInUseError(ConflictError):
    """Another process holds the lock of the data folder."""

    code = "folder_in_use"


class UnprocessableError(TandemError):
    """The request was well-formed, but no item of it could be taken."""

    status = 422
    code = "unprocessable"


class NotReadyError(TandemError):
    """The answer is not available yet; the same request may succeed later."""

    status = 503
    code = "not_ready"


class StorageFullError(TandemError):
    """There is no room on the disk of the data folder: nothing was written. Deleting documents works and makes room."""

    status = 507
    code = "storage_full"

    def __init__(self, message: str) -> None:
        super().__init__(message, final=True)


class ReadOnlyError(TandemError):
    """The data folder may not be written by this user, or lies on a file system that is mounted read-only."""

    code = "read_only"

    def __init__(self, message: str) -> None:
        super().__init__(message, final=True)


class DamagedError(TandemError):
    """A file or row contradicts the hash or the invariant recorded for it."""

    code = "damaged"


class ComputationError(TandemError):
    """A model computed what cannot be right on this machine: nothing of it is stored or ranked."""

    code = "wrong_numbers"
