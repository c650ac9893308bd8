"""Normal forms of answers: English after SQuAD's script, Chinese after CMRC 2018's.

The English rules strip ASCII punctuation only and split at blanks, which is wrong for Chinese; so the language of the
question decides, and reports name the rules they used.
"""

from __future__ import annotations

import re
import string
import unicodedata

NORMALISERS = {"en": "squad-1.1", "zh": "cmrc2018"}
_MARKER = re.compile(r"\s*\[\d{1,3}\]")
_ARTICLE = re.compile(r"\b(a|an|the)\b")


def strip_markers(text: str) -> str:
    """Return a text without its citation markers `[n]`."""
    return _MARKER.sub("", text).strip()


def normal_tokens(text: str, language: str) -> list[str]:
    """Return the tokens that scores compare: words in English, single characters and words in Chinese."""
    return _chinese_tokens(text) if language == "zh" else _english_tokens(text)


def _english_tokens(text: str) -> list[str]:
    plain = "".join(character for character in text.lower() if character not in string.punctuation)
    return _ARTICLE.sub(" ", plain).split()


def _chinese_tokens(text: str) -> list[str]:
    """Every non-ASCII letter is a token of its own, runs of ASCII letters and digits stay together."""
    tokens: list[str] = []
    run = ""
    for character in text.lower():
        if character.isascii() and character.isalnum():
            run += character
            continue
        if run:
            tokens.append(run)
            run = ""
        if unicodedata.category(character)[0] in "LN" and not character.isascii():
            tokens.append(character)
    return [*tokens, run] if run else tokens
