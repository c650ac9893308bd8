"""Days and times as a sheet shows them, where that says more, or less, than their ISO form: `March 2024`, `26:30`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]]*)\]|\[(h+|m+|s+)\]|\[[^\]]*\]|(AM/PM|A/P|y+|m+|d+|h+|s+)|(\.0+)|(.)',
    re.S | re.I,
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = 0x09  # the low bits of the number of a language
_SPELLED = frozenset("年月日년월일")
_Piece = tuple[str, str]  # a kind, and what it stands for


def shown_moment(value: datetime | date | time, code: str) -> str | None:
    """Return a day or time as a format shows it; None if it only orders figures, which ISO does without doubt."""
    pieces = _pieces(code)
    kinds = {kind for kind, _ in pieces}
    if not kinds & {"y", "d", "month"}:
        return _in_figures(value, pieces) if "h" in kinds or "s" in kinds else None
    if isinstance(value, time):
        return None
    if _is_spelled(pieces):
        return _written(value, pieces) if _is_english(code) or not _has_names(pieces) else None
    if kinds & {"y", "d", "month"} == {"y", "month"} and "h" not in kinds:
        return f"{value:%Y-%m}"
    return f"{value:%Y}" if kinds & {"y", "d", "month", "h"} == {"y"} else None


def elapsed(value: timedelta, code: str) -> str | None:
    """Return a length of time as a format shows it, such as 26:30; None if it shows none."""
    pieces = _pieces(code)
    total = round(value.total_seconds())
    sign, total = ("-" if total < 0 else ""), abs(total)
    first = next((kind for kind, _ in pieces if kind in ("[h", "[m", "[s", "h")), None)
    has_seconds = any(kind in ("s", "[s") for kind, _ in pieces)
    hours, minutes, seconds = total // 3600, total // 60, total
    if first in ("[h", "h"):
        return f"{sign}{hours}:{minutes % 60:02}" + (f":{seconds % 60:02}" if has_seconds else "")
    if first == "[m":
        return f"{sign}{minutes}:{seconds % 60:02}" if has_seconds else f"{sign}{minutes}"
    return f"{sign}{seconds}" if first == "[s" else None


def _pieces(code: str) -> list[_Piece]:
    """Return what a format consists of; `m` is a month, or minutes beside hours or seconds."""
    found: list[_Piece] = []
    for match in _TOKEN.finditer(code.split(";", 1)[0]):
        quoted, escaped, currency, length, field, _, sign = match.groups()
        if field is not None:
            upper = field.upper()
            found.append(("ampm", field) if "/" in upper else (upper[0].lower(), field.lower()))
        elif length is not None:
            found.append((f"[{length[0].lower()}", length.lower()))
        elif currency is None and (text := quoted or escaped or sign):
            found.append(("text", text))
    fields = [place for place, (kind, _) in enumerate(found) if kind not in ("text", "ampm")]
    for before, place, after in zip([None, *fields], fields, [*fields[1:], None], strict=False):
        kind, text = found[place]
        beside = (before is not None and found[before][0] in ("h", "[h")) or (
            after is not None and found[after][0] in ("s", "[s")
        )
        if kind == "m":
            found[place] = ("minutes" if beside and len(text) < 3 else "month", text)
    return found


def _is_spelled(pieces: Sequence[_Piece]) -> bool:
    said = "".join(text for kind, text in pieces if kind == "text")
    return bool(_SPELLED & set(said)) or any(kind == "month" and len(text) > 2 for kind, text in pieces)


def _has_names(pieces: Sequence[_Piece]) -> bool:
    return any(kind in ("month", "d") and len(text) > 2 for kind, text in pieces)


def _is_english(code: str) -> bool:
    said = re.search(r"\[\$[^\]-]{0,10}-([0-9A-Fa-f]{1,8})\]", code)
    return said is None or int(said[1], 16) & 0xFF in (0, _ENGLISH)


def _written(value: datetime | date, pieces: Sequence[_Piece]) -> str:
    """Return a day with everything that its format says, years always in full."""
    half = any(kind == "ampm" for kind, _ in pieces)
    return " ".join("".join(_one(value, kind, text, half=half) for kind, text in pieces).split())


def _one(value: datetime | date, kind: str, text: str, *, half: bool) -> str:
    at = value.time() if isinstance(value, datetime) else time()
    if kind == "y":
        return f"{value.year}"
    if kind == "month":
        name = _MONTHS[value.month - 1]
        return _digits(value.month, text) if len(text) < 3 else name[:3] if len(text) == 3 else name
    if kind == "d":
        name = _DAYS[value.weekday()]
        return _digits(value.day, text) if len(text) < 3 else name[:3] if len(text) == 3 else name
    if kind == "h":
        return _digits((at.hour + 11) % 12 + 1 if half else at.hour, text)
    if kind in ("minutes", "s"):
        return _digits(at.minute if kind == "minutes" else at.second, text)
    return ("AM" if at.hour < 12 else "PM") if kind == "ampm" else text


def _digits(number: int, text: str) -> str:
    return f"{number:02}" if len(text) > 1 else f"{number}"


def _in_figures(value: datetime | date | time, pieces: Sequence[_Piece]) -> str | None:
    """Return the time of a format that shows no day: 8:30 as 08:30, whatever day the value is on."""
    at = value if isinstance(value, time) else value.time() if isinstance(value, datetime) else None
    if at is None:
        return None
    return f"{at:%H:%M:%S}" if any(kind == "s" for kind, _ in pieces) else f"{at:%H:%M}"
