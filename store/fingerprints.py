"""Fingerprints of questions: enough to tell that two are nearly the same, and not enough to read them.

When a document is deleted, the examples about it lose their text. What training has seen must still be told from what
is measured, so of each example keyed hashes of its words remain. Their order is not kept, and the key belongs to the
data folder: a word that is guessed can be confirmed with it, a sentence cannot be read back.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from store import schema
from store.store import Store

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
SALT = "fingerprint_salt"  # its name among the properties of the folder
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


@dataclass(frozen=True)
class Fingerprint:
    """The hashes of a question's words and of its whole answers; `answers` is empty if it has none."""

    words: frozenset[int]
    answers: frozenset[int]

    @classmethod
    def of(cls, salt: bytes, question: str, answers: Iterable[str]) -> Fingerprint:
        """Return the fingerprint of a question with its gold answers."""
        return cls(hash_words(salt, question), frozenset(_hash(salt, " ".join(_words(each))) for each in answers))

    @classmethod
    def from_json(cls, data: Mapping[str, list[int]] | None) -> Fingerprint | None:
        """Return what `as_json` wrote."""
        return cls(frozenset(data["words"]), frozenset(data["answers"])) if data else None

    def as_json(self) -> dict[str, list[int]]:
        """Return the fingerprint as plain data."""
        return {"words": sorted(self.words), "answers": sorted(self.answers)}

    @property
    def number(self) -> int:
        """A number that equal questions share, whatever the order, case and punctuation of their words."""
        digest = hashlib.blake2b(repr(sorted(self.words)).encode(), digest_size=6)
        return int.from_bytes(digest.digest(), "big")  # 48 bits: exact in every reader of JSON


def hash_words(salt: bytes, text: str) -> frozenset[int]:
    """Return the keyed hashes of the words of a text: words without the s of a plural, and single CJK characters."""
    return frozenset(_hash(salt, word) for word in _words(text))


def fingerprint_salt(store: Store) -> bytes:
    """Return the key that belongs to this data folder."""
    with store.database.read() as connection:
        return read_salt(connection)


def read_salt(connection: sa.Connection) -> bytes:
    """Return the key, inside a transaction."""
    table = schema.properties.c
    return bytes.fromhex(connection.execute(sa.select(table.value).where(table.name == SALT)).scalar_one())


def _words(text: str) -> list[str]:
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found]


def _hash(salt: bytes, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), key=salt, digest_size=6).digest(), "big")
