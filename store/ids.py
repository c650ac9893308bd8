"""Opaque identifiers, domain names and content hashes."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping

from store.errors import InvalidInputError

_ALPHABET = "abcdefghijkmnopqrstuvwxyz0123456"  # 32 symbols, without the letter l: 5 bits each
_LENGTH = 20
_DOMAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def new_id(prefix: str) -> str:
    """Return a fresh random id such as `doc_4f…`: the prefix, an underscore and 20 characters (100 random bits)."""
    return f"{prefix}_{_symbols(secrets.randbits(5 * _LENGTH))}"


def hashed_id(prefix: str, content: Mapping[str, object]) -> str:
    """Return the id that the canonical JSON of `content` determines: equal content, equal id."""
    return f"{prefix}_{_symbols(int.from_bytes(hashlib.sha256(canonical_json(content).encode()).digest(), 'big'))}"


def _symbols(number: int) -> str:
    """Return the lowest 100 bits of a number in base 32."""
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(_LENGTH))


def canonical_json(content: object) -> str:
    """Return JSON with sorted keys and no blanks, so that equal content gives equal bytes."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256(data: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of a string's UTF-8 form, as 64 hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def check_domain_name(name: str) -> str:
    """Return `name` if it is a legal domain name, else raise `InvalidInputError`."""
    if _DOMAIN_NAME.fullmatch(name) is None:
        raise InvalidInputError(
            f"The domain name {name[:80]!r} is not allowed: use 1 to 63 of a-z, 0-9, '_' and '-', "
            "beginning with a letter or a digit.",
            code="invalid_domain_name",
            param="name",
        )
    return name
