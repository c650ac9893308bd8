"""The keys of a running server: looked up in memory for every request, and the same as in the database."""

from __future__ import annotations

import hmac
import secrets
import threading
import time

from service.access import FULL, OWNER, Access
from service.loop import Loop
from store.errors import StorageFullError
from store.keys import Key, digest_of, keys_required, list_keys, note_used, parts_of
from store.store import Store

_LOOK_S = 1.0  # what another process changed in the database is seen within
_NOTE_S = 60.0  # how often it is written when keys were used
_NOBODY = digest_of("", "")


class Keyring:
    """Says what a key allows. `token` is the key of this server's own run, for who may read its data folder.

    A change by this process holds at once, one by another within a second. When keys were used is written once a
    minute and at the end, not with each request.
    """

    def __init__(self, store: Store, api_key: str | None) -> None:
        self.token = secrets.token_urlsafe(32)
        self._store = store
        self._fixed = [(self.token, OWNER)]
        if api_key is not None:
            self._fixed.append((api_key, Access("TANDEM_API_KEY")))
        self._always = api_key is not None
        self._turn = threading.Lock()
        self._keys: dict[str, Key] = {}
        self._used: dict[str, int] = {}
        self._noted_at = time.monotonic()
        self._loop = Loop("keys", self._look, _LOOK_S)
        self.reload()

    def start(self) -> None:
        """Begin to look for changes."""
        self._loop.start()

    def stop(self) -> None:
        """Write when keys were used, and end."""
        self._loop.stop()
        self._note()

    @property
    def failure(self) -> str | None:
        """Why what other processes change cannot be seen now, None if it can."""
        return self._loop.failure

    def check(self, written: bytes | None) -> Access | None:
        """Return what a request with this key may do, None if it may not come in; `written` None is one without."""
        if not self.required:
            return FULL
        if written is None:
            return None
        for known, access in self._fixed:
            if hmac.compare_digest(written, known.encode()):
                return access
        return self._of_folder(written.decode("latin-1"))

    def _of_folder(self, written: str) -> Access | None:
        key_id, secret = parts_of(written) or ("", "")
        key = self._keys.get(key_id)
        same = hmac.compare_digest(digest_of(key_id, secret), key.digest if key else _NOBODY)
        if key is None or not same:
            return None
        self._used[key.id] = int(time.time())
        return Access(key.name, key.access == "write", key.domain_id, key.domain)

    def reload(self) -> None:
        """Take over what the database says now."""
        with self._turn:
            self._keys = {key.id: key for key in list_keys(self._store) if key.revoked_at is None}
            self.required = self._always or keys_required(self._store)

    def last_used(self, key: Key) -> int | None:
        """Return when a key was used last, in Unix time; the database may be a minute behind."""
        return self._used.get(key.id, key.last_used_at)

    def _look(self) -> bool:
        self.reload()
        if time.monotonic() - self._noted_at >= _NOTE_S:
            self._note()
        return False

    def _note(self) -> None:
        self._noted_at = time.monotonic()
        used, self._used = self._used, {}
        try:
            note_used(self._store, used)
        except StorageFullError:  # then it is told as long as this server runs
            self._used = used | self._used
