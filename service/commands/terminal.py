"""What reaches a terminal: text in which nothing can move its cursor, colour it, or turn its lines round.

Documents, titles, names and messages of a server come from others. A control character in them is shown by its number
(`\\x1b`), never sent. Everything that a command prints goes through here.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TextIO

# Control characters but tab and newline, separators of lines and paragraphs, and what overrides the order of writing.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """Return the text, lines and tabs kept, with the number of each character that a terminal would obey."""
    return _UNSAFE.sub(_number, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return the text on one line: white space is one space, and the rest as in `plain`."""
    return plain(" ".join(re.split(r"[ \t\n]+", text.replace("\r\n", "\n").strip(" \t\n"))))


def say(text: str) -> None:
    """Print a text on standard output."""
    _write(plain(text), sys.stdout)


def complain(text: str) -> None:
    """Print a message, on one line, on standard error."""
    _write(one_line(text), sys.stderr)


def say_json(data: object, *, indent: int | None = 2) -> None:
    """Print an object as JSON; what a terminal would obey is escaped, the rest is readable."""
    text = json.dumps(data, ensure_ascii=not _is_unicode(sys.stdout), indent=indent)
    _write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text), sys.stdout)


def is_terminal() -> bool:
    """Return whether a person looks at standard output, and no program."""
    return sys.stdout.isatty()


def _write(text: str, stream: TextIO) -> None:
    if not _is_unicode(stream):
        text = text.encode(stream.encoding, "backslashreplace").decode(stream.encoding)
    stream.write(f"{text}\n")
    stream.flush()


def _is_unicode(stream: TextIO) -> bool:
    """Return whether the stream takes every character; one that says nothing is in memory, and does."""
    return (stream.encoding or "utf-8").lower().replace("_", "-").startswith("utf-")


def _number(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
