"""Texts that say which encoding they are in: taken at their word where that is possible."""

from __future__ import annotations

import codecs

from retriever.documents.encodings import Reading
from retriever.documents.formats.plain_text import decoded

# What is meant by names that stand for less than is written under them.
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "iso-8859-1": "cp1252",
    "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "big5": "big5hkscs", "unicode": "utf-16", "utf8": "utf-8", "x-user-defined": "cp1252",
}  # fmt: skip
_FEW = 4  # characters beyond ASCII that can be valid UTF-8 by chance


def decoded_as(data: bytes, declared: str | None) -> Reading:
    """Return the text of bytes that are declared to be in an encoding; if they are not, of the most likely one.

    Raises `UnreadableError` if they are no text.
    """
    name = _known(declared)
    if name is None:
        return decoded(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if text and (name == "utf-8" or sum(each > "\x7f" for each in text[:10_000]) >= _FEW):
        return Reading(text, ("utf-8",))
    try:
        return Reading(data.decode(name).removeprefix("\ufeff"), (name,))
    except UnicodeDecodeError:
        found = decoded(data)
    said = f"It declares {declared} and is not in it; it was read as {', '.join(found.encodings)}."
    return Reading(found.text, found.encodings, said)


def _known(declared: str | None) -> str | None:
    name = (declared or "").strip("\"' \t").lower()[:40]
    name = _MEANT.get(name, name)
    try:
        known = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        known = None
    return known.name if known is not None and known._is_text_encoding else None
