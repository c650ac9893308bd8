"""The gate: whether a request may come in, decided by its head alone, before a byte of its body is read.

A dependency of FastAPI would come too late: the whole multipart body lies on disk before it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from service.access import Access
from service.http.routes import Call
from service.keyring import Keyring

Headers = Sequence[tuple[bytes, bytes]]
OPEN_PATHS = ("/healthz",)
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_DEFAULT = "default"


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in."""

    status: int
    message: str
    type: str
    code: str
    param: str | None = None


@dataclass(frozen=True)
class Need:
    """What a call asks of a key: to be allowed to change something, and to be of some domain.

    `scope` says which: `path` is the domain that its path names, `default` the domain of that name, `server` none,
    since the call is about all of them; and with `any` the call itself shows a key only what is its own.
    """

    scope: Literal["path", "default", "server", "any"]
    writes: bool


@dataclass(frozen=True)
class Gate:
    """Lets in who shows a key that allows the call; without keys, programs and pages of this machine.

    `open_paths` need no key.
    """

    keys: Keyring
    need: Callable[[str], Need]
    open_paths: Collection[str] = OPEN_PATHS

    def admit(self, path: str, headers: Headers, call: Call | None) -> Access | Refusal:
        """Return what the request may do, or why it may not come in; None is a call that the application refuses."""
        required, is_open = self.keys.required, path in self.open_paths
        access = self.keys.check(None if is_open else shown_key(headers))
        if not required and not is_local(headers):
            message = "Without a key only pages and programs of this machine may call: make one, or set TANDEM_API_KEY."
            return Refusal(403, message, "permission_error", "foreign_origin")
        if is_open:
            return Access("", writes=False)
        if access is None:
            message = "The key is missing or wrong: send 'Authorization: Bearer KEY'."
            return Refusal(401, message, "authentication_error", "invalid_api_key")
        return (call and _objection(access, self.need(call.name), call)) or access


def _objection(access: Access, need: Need, call: Call) -> Refusal | None:
    """Return why a key does not allow a call; a domain that is not its own is refused like one that is not there."""
    if not access.everywhere:
        if need.scope == "server":
            message = f"This key is one of the domain {access.domain}; the call takes a key of all domains."
            return Refusal(403, message, "permission_error", "domain_key")
        named = {"path": call.params.get("domain"), "default": _DEFAULT}.get(need.scope, access.domain) or ""
        if named != access.domain:
            message = f"There is no domain {named[:80]!r}."
            return Refusal(404, message, "not_found_error", "domain_not_found", "domain")
    if need.writes and not access.writes:
        message = "This key only reads; the call takes one that writes."
        return Refusal(403, message, "permission_error", "read_only_key")
    return None


def shown_key(headers: Headers) -> bytes | None:
    """Return the key that a request shows, None if it shows none or more than one."""
    given = values(headers, b"authorization")
    scheme, _, key = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    return key if scheme.lower() == b"bearer" else None


def values(headers: Headers, name: bytes) -> list[bytes]:
    """Return all values of a header."""
    return [value for key, value in headers if key == name]


def is_local(headers: Headers) -> bool:
    """Return whether host and origin are this machine: else any page in a browser here could call, or rebind a name."""
    given = [value.decode("latin-1") for name in (b"host", b"origin") for value in values(headers, name)]
    try:
        return all(urlsplit(each if "//" in each else f"//{each}").hostname in _LOCAL_HOSTS for each in given)
    except ValueError:  # not even a name
        return False
