"""Names in a question that no document holds: codes, settings, versions, proper names, what stands in quotes."""

from __future__ import annotations

import re
import unicodedata

from generator.choosing.words import nearly_equal

_CODE = re.compile(
    r"(?<![\w.])(?=[A-Za-z\d_./-]*\d)(?=[A-Za-z\d_./-]*[A-Za-z_])[A-Za-z\d_]+(?:[-./][A-Za-z\d_]+)*(?![\w])"
)
_SETTING = re.compile(r"(?<!\w)[A-Z][A-Z\d]*(?:_[A-Z\d]+)+(?!\w)")
_QUOTED = re.compile(r"[《“「『]([^》”」』]{2,40})[》”」』]|\"([^\"]{2,40})\"")
_PROPER = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?:[- ][A-Z][a-z]{2,})*")
_MEASURE = re.compile(r"\d+(?:k|m|g|h|s|cm|mm|km|kg|mb|gb|tb|am|pm|st|nd|rd|th|d|x|eur|usd|€|%)?", re.I)
_DAYS = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Christmas|Easter|English|Chinese|Hi|Please|Thanks"
)


def names_in(question: str) -> list[str]:
    """Return the names in a question in order. A number with its unit, a weekday or a month is none."""
    found: list[str] = []
    for pattern in (_SETTING, _CODE, _PROPER, _QUOTED):
        for match in pattern.finditer(question):
            name = next(part for part in (*match.groups(), match[0]) if part)
            if not _MEASURE.fullmatch(name) and not _DAYS.fullmatch(name):
                found.append(name)
    return sorted(dict.fromkeys(found), key=question.index)


def names_missing(question: str, seen: str) -> list[str]:
    """Return the names of a question that a text does not hold, however they are spelt there."""
    folded = _folded(seen)
    joined = re.sub(r"[\W_]+", "", folded)
    words = set(re.findall(r"[^\W\d_]+", folded))
    return [name for name in names_in(question) if not _held(_folded(name), folded, joined, words)]


def _held(name: str, folded: str, joined: str, words: set[str]) -> bool:
    if name in folded or (re.search(r"\d", name) and re.sub(r"[\W_]+", "", name) in joined):
        return True
    parts = re.findall(r"[^\W\d_]+", name)
    return not re.search(r"\d|_", name) and all(
        part in words or any(nearly_equal(part, other) for other in words) for part in parts
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
