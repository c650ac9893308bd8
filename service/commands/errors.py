"""How a command ends: its exit code, and a failure as one line on standard error, never a traceback.

With `--json` standard output carries the same failure as `{"error": {"message", "type", "param", "code"}}`, in the
shape of the HTTP interface, so that a program finds one JSON object there whatever happens.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from service.commands.terminal import complain, say_json
from store.errors import TandemError

FAILED, WRONG_USE = 1, 2


def reported(command: Callable[..., object]) -> int:
    """Run the command line and return its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    try:
        code = command(prog_name="tandem", standalone_mode=False)
    except BrokenPipeError:  # whoever read our output has enough: `tandem document list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (typer.TyperException, typer.Abort, TandemError, OSError) as error:
        return _failed(error)
    except _storage_errors() as error:
        return _ended(FAILED, _storage_message(error), "storage_error")
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    """Say why the command failed and return its exit code."""
    if isinstance(error, typer.TyperException):  # of the parser: an unknown option, a missing argument
        return _wrong_use(error)
    if isinstance(error, TandemError):
        from service.client import exit_code

        return _ended(exit_code(error), error.message, error.code, error.param)
    if isinstance(error, OSError):  # a disk that is full, a folder that may not be written
        where = f": {error.filename}" if error.filename else ""
        return _ended(FAILED, f"{error.strerror or error}{where}.", "os_error")
    complain("")  # ends the line of the question
    return _ended(FAILED, "Nothing was done: the question was not answered with yes.", "not_confirmed")


def _wrong_use(error: typer.TyperException) -> int:
    """Say what is wrong with the words of the command line, and how they should be."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # it printed the help, which is the message
        return error.exit_code
    if context is not None:
        complain(context.get_usage())
        complain(f"Try '{context.command_path} --help' for help.")
    param = getattr(getattr(error, "param", None), "name", None) or getattr(error, "param_hint", None)
    return _ended(error.exit_code, message, "usage", param)


def _ended(status: int, message: str, code: str | None, param: str | None = None) -> int:
    if _wants_json():
        _tell_json(status, message, code, param)
    complain(f"Error: {message}")
    return status


def _tell_json(status: int, message: str, code: str | None, param: str | None) -> None:
    kind = "invalid_request_error" if status == WRONG_USE else "command_error"
    say_json({"error": {"message": message, "type": kind, "param": param, "code": code}})


def _wants_json() -> bool:
    """Return whether the words ask for JSON; the parser may have failed before it came to that one."""
    words = sys.argv[1:]
    return "--json" in words[: words.index("--") if "--" in words else len(words)]


def _storage_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the database library; it is loaded only if there was an error."""
    from sqlalchemy.exc import SQLAlchemyError

    return (SQLAlchemyError,)


def _storage_message(error: BaseException) -> str:
    """Return what the database says, without its statement and without the library's link."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return f"The database of the data folder failed: {reason}. `tandem verify` says more, if the disk is not full."
