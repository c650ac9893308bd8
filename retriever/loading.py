"""Bytes to text: plain text and Markdown, in any usual encoding."""

from __future__ import annotations

import codecs
from pathlib import PurePath

from store.errors import UnprocessableError

_TYPES = {".txt": "text/plain", ".text": "text/plain", ".md": "text/markdown", ".markdown": "text/markdown"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
# Unguided, charset-normalizer takes every cp1252 text for cp1250: name the candidates.
_CANDIDATES = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "cp1251", "utf_16_le", "utf_16_be"]


class UnreadableError(UnprocessableError):
    """The bytes hold no text that can be read; `code` says why."""


def media_type(file_name: str) -> str:
    """Return the media type of a file name; raise `UnreadableError` for what cannot be read."""
    suffix = PurePath(file_name).suffix.lower()
    if suffix not in _TYPES:
        raise UnreadableError(
            f"Files of type {suffix or 'without ending'} are not supported; send {', '.join(sorted(_TYPES))}.",
            code="unsupported_type",
            param="files",
        )
    return _TYPES[suffix]


def load_text(data: bytes) -> str:
    """Return the text of a file: line ends as `\\n`, without NUL; raise `UnreadableError` if there is none."""
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not text.strip():
        raise UnreadableError("The document has no text.", code="empty_document")
    return text


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data, cp_isolation=_CANDIDATES).best()
    if best is None:
        raise UnreadableError("The document is not text in a known encoding.", code="unknown_encoding")
    return str(best)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"The document begins as {encoding} but is not: {error}.", code="bad_encoding") from error
