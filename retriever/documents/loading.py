"""Bytes to text: plain text and Markdown, in any usual encoding."""

from __future__ import annotations

import codecs
from pathlib import PurePath

from retriever.documents.encodings import Reading, is_wide, read_unmarked
from store.errors import UnprocessableError

_TYPES = {".txt": "text/plain", ".text": "text/plain", ".md": "text/markdown", ".markdown": "text/markdown"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


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
    text = _read(data).text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not any(each.isprintable() and not each.isspace() for each in text):
        raise UnreadableError(
            f"The document has no text: nothing in its {len(data)} bytes can be seen.", code="empty_document"
        )
    return text


def doubt_about(data: bytes) -> str | None:
    """Return a sentence on what is not certain in the text that `load_text` makes of these bytes; None if all is."""
    try:
        return _read(data).doubt
    except UnreadableError:
        return None


def _read(data: bytes) -> Reading:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return Reading(_strict(data, encoding), (encoding,))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        found = read_unmarked(data)
    else:
        found = read_unmarked(data) if is_wide(data) else Reading(text, ("utf-8",))
    if found is None:
        raise UnreadableError("The document is not text in a known encoding.", code="unknown_encoding")
    return found


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"The document begins as {encoding} but is not: {error}.", code="bad_encoding") from error
