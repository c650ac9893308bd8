"""Plain text, in any usual encoding."""

from __future__ import annotations

import codecs

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.encodings import Reading, is_wide, read_unmarked

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


def read(data: bytes) -> ReadDocument:
    """Return the text of a file: line ends as `\\n`, without NUL; raise `UnreadableError` if there is none."""
    found = decoded(data)
    text = found.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not any(each.isprintable() and not each.isspace() for each in text):
        raise UnreadableError(
            f"The document has no text: nothing in its {len(data)} bytes can be seen.", code="empty_document"
        )
    return ReadDocument(text, doubt=found.doubt)


def doubt(data: bytes) -> str | None:
    """Return a sentence on what is not certain in the text of these bytes; None if all is, or if there is none."""
    try:
        return decoded(data).doubt
    except UnreadableError:
        return None


def decoded(data: bytes) -> Reading:
    """Return the text of bytes, by its mark or by what is most likely; raise `UnreadableError` if it is none."""
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
