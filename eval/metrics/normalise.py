"""Normal forms of answers: English after SQuAD's script, Chinese and Japanese after CMRC 2018's, others by blanks.

The English rules strip ASCII punctuation only and split at blanks, which is wrong for text without blanks; so the
language of the question decides, and reports name the rules they used.
"""

from __future__ import annotations

import re
import string
import unicodedata

NORMALISERS = {"en": "squad-1.1", "zh": "cmrc2018", "ja": "cmrc2018", "ko": "blanks", "other": "blanks"}
BY_CHARACTER = frozenset({"zh", "ja"})  # languages that are written without blanks
_MARKER = re.compile(r"\s*\[\d{1,3}\]")
_ARTICLE = re.compile(r"\b(a|an|the)\b")


def strip_markers(text: str) -> str:
    """Return a text without its citation markers `[n]`."""
    return _MARKER.sub("", text).strip()


def normal_tokens(text: str, language: str) -> list[str]:
    """Return the tokens that scores compare: words, or of Chinese and Japanese single characters."""
    if language in BY_CHARACTER:
        return _characters(text)
    return _english_tokens(text) if language == "en" else _words(text)


def _english_tokens(text: str) -> list[str]:
    plain = "".join(character for character in text.lower() if character not in string.punctuation)
    return _ARTICLE.sub(" ", plain).split()


def _words(text: str) -> list[str]:
    """What stands between blanks, without punctuation of any script and in composed form."""
    composed = unicodedata.normalize("NFC", text.lower())
    return "".join(c for c in composed if unicodedata.category(c)[0] not in "PS").split()


def _characters(text: str) -> list[str]:
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
