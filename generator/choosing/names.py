"""Names in a question that no document holds: codes, settings, versions, proper names, what stands in quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from retriever.text.spelling import nearly_equal

_JOINED = re.compile(r"(?<![A-Za-z\d_.])[A-Za-z\d_]+(?:[-./][A-Za-z\d_]+)*")  # a code if it has digits and letters
_SETTING = re.compile(r"(?<!\w)[A-Z][A-Z\d]*(?:_[A-Z\d]+)+(?!\w)")
_LABELLED = re.compile(r"第?(\d{1,4}(?:号|楼|栋|室|床|班|线|级|仓|区|门|厅|层|组))(?![码])")
_QUOTED = re.compile(r"[《“「『]([^》”」』]{2,40})[》”」』]|\"([^\"]{2,40})\"")
_PROPER = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?:[- ][A-Z][a-z]{2,})*")
_MEASURE = re.compile(
    r"\d+(?:[.,/-]\d+)*(?:k|m|g|h|s|l|v|w|cm|mm|km|kg|mg|ml|cl|kb|mb|gb|tb|kw|kwh|wh|mah|hz|khz|mhz|ghz|min|am|pm|st|nd"
    r"|rd|th|d|x|eur|usd|€|%)?",
    re.I,
)
_DAYS = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Christmas|Easter|English|Chinese|Hi|Please|Thanks"
    r"|Who|Whose|Whom|What|When|Where|Which|Why|How|Is|Are|Was|Were|Do|Does|Did|Can|Could|May|Must|Should|Will|Would|And"
)
_SYMBOLS = {  # what a document writes where a question names the unit
    "fahrenheit": ("°f", "℉"), "celsius": ("°c", "℃"), "euro": ("€", "eur"), "euros": ("€", "eur"),
    "dollar": ("$", "usd"), "dollars": ("$", "usd"), "pounds": ("£", "gbp", "lb"), "francs": ("chf", "fr."),
    "yuan": ("元", "¥", "rmb", "cny"), "renminbi": ("元", "¥", "rmb", "cny"), "yen": ("円", "¥", "jpy"),
}  # fmt: skip


def names_in(question: str) -> list[str]:
    """Return the names in a question in order. A number with its unit, a weekday or a month is none."""
    return _found(question, (_SETTING, _JOINED, _PROPER, _QUOTED, _LABELLED))


def codes_missing(question: str, seen: str) -> list[str]:
    """Return the codes, settings and labelled numbers (17号) of a question that a text does not hold."""
    folded = _folded(seen)
    codes = _found(question, (_SETTING, _JOINED, _LABELLED))
    return [code for code in codes if not _held(_folded(code), folded, set())]


def _found(question: str, patterns: Sequence[re.Pattern[str]]) -> list[str]:
    found: dict[str, int] = {}
    for pattern in patterns:
        for match in pattern.finditer(question):
            name = next(part for part in (*match.groups(), match[0]) if part)
            is_code = pattern is not _JOINED or (re.search(r"\d", name) and re.search(r"[A-Za-z_]", name))
            if is_code and not _MEASURE.fullmatch(name) and not _DAYS.fullmatch(name):
                found.setdefault(name, match.start())
    return sorted(found, key=found.__getitem__)


def names_missing(question: str, seen: str) -> list[str]:
    """Return the names of a question that a text does not hold, however they are spelt there."""
    folded = _folded(seen)
    words = set(re.findall(r"[^\W\d_]+", folded))
    return [name for name in names_in(question) if not _held(_folded(name), folded, words)]


def _held(name: str, folded: str, words: set[str]) -> bool:
    if any(symbol in folded for symbol in _SYMBOLS.get(name, ())):
        return True
    parts = re.findall(r"\d+|[^\W\d_]+", name)
    if len(parts) > 1 and parts[0] == "v" and parts[1].isdigit():
        del parts[0]  # a version
    if re.search(r"(?<![a-z\d])v?" + r"[\W_]{0,2}".join(map(re.escape, parts)) + r"s?(?![a-z\d])", folded):
        return True
    return not re.search(r"\d|_", name) and all(
        part in words or any(nearly_equal(part, other) for other in words) for part in parts
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
