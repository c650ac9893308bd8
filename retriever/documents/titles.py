"""What a document is called, for people and for the heading path of its passages."""

from __future__ import annotations

import re
from pathlib import PurePath

_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,8}$")
_NO_NAME = re.compile(
    r"[0-9a-f]{16,}|[\W\d_]*\w?[\W\d_]*|(?:readme|index|untitled|document|file|upload|text)[\W\d_]*", re.IGNORECASE
)


def title_of(title: str, external_id: str) -> str:
    """Return a title as it is shown, a file name made readable; "" if it says nothing of the document."""
    named = _SUFFIX.search(title)
    if named is None:
        return "" if title == external_id else title
    stem = " ".join(PurePath(title[: named.start()]).name.replace("_", " ").split())
    return "" if _NO_NAME.fullmatch(stem) else stem
