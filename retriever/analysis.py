"""Words for the lexical index and for measuring overlap: lower-cased words, and pairs of characters for CJK text.

Character bigrams need no dictionary and measure like jieba's words on Wikipedia text (see docs/decisions.md).
"""

from __future__ import annotations

import re
import unicodedata

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_CJK_START = re.compile(rf"[{CJK}]")


def terms(text: str) -> list[str]:
    """Return the terms of a text in order: words, and the bigrams of CJK runs (a run of one character is itself)."""
    found: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _CJK_START.match(run) and len(run) > 1:
            found += [run[place : place + 2] for place in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def cjk_share(text: str) -> float:
    """Return the share of the characters that are CJK, blanks left out, 0 to 1."""
    solid = [character for character in text if not character.isspace()]
    return sum(1 for character in solid if _CJK_START.match(character)) / len(solid) if solid else 0.0
