"""Which encoding bytes without a mark are in: the one whose reading is the most usual text of some language.

Bytes of Chinese text can be read as Korean, Japanese or Western text as well, and in a short text nothing forbids it.
So every reading is weighed: what is the probability of its characters in a text of the language that is written so?
The sets of characters are ordered by use already, in the standards (the first level of GB 2312, Big5 and JIS X 0208 are
the characters in use, the second the rare ones) and in the lists of frequent letters of charset-normalizer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from charset_normalizer.constant import FREQUENCIES

_PART = 1000  # bytes of a line that are weighed for itself
_SAMPLE = 20_000  # bytes that are weighed; a text in one encoding shows it long before
_SURE = math.log(100.0)  # the next reading is a hundred times less likely
_BROKEN = math.log(1e-5)  # of a byte that no character begins with
_UNUSUAL = math.log(1e-6)  # of a character, on the average, in what is no text of any language
_RARE = math.log(2e-8)  # of any character that a language has no use for
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_HIGH = re.compile(rb"[\x00-\x7f]{0,4}[\x80-\xff]+[\x00-\x7f]{0,4}")
_ALONE = re.compile(r"(?<![^\0-\x7f])[^\0-\x7f](?![^\0-\x7f])")  # one character of another script than ASCII
_WITHOUT_LETTERS = ("chinese", "traditional", "japanese", "korean")
_LANGUAGES = {
    "gb18030": ("chinese",), "big5": ("traditional",), "cp932": ("japanese",), "euc_jp": ("japanese",),
    "cp949": ("korean",), "cp1252": ("western",), "cp1251": ("cyrillic",),
}  # fmt: skip
_WIDE = ("utf_16_le", "utf_16_be")


@dataclass(frozen=True)
class Reading:
    """A text, the encodings that it was read in, and what of that is not certain, as a sentence, or None."""

    text: str
    encodings: tuple[str, ...]
    doubt: str | None = None


def read_unmarked(data: bytes) -> Reading | None:
    """Return the most likely text of bytes that are not UTF-8 and have no byte order mark; None if there is none."""
    sample = data[: _SAMPLE // 2 * 2]
    wide = max((_weight(sample, name), name) for name in _WIDE) if len(data) % 2 == 0 else (-math.inf, "")
    lines = _telling(data, _SAMPLE)
    ranked = sorted(((_weight(lines, name), name) for name in ("utf-8", *_LANGUAGES)), reverse=True)
    if wide[0] > max(_weight(sample, name) for _, name in ranked[:3]):
        return _whole(data, wide[1], None)
    (best, first), (second, other) = ranked[:2]
    doubt = None
    if best - second < _SURE:
        doubt = f"It is read as {first}; {other} is possible, too: the text is short. Send it as UTF-8 to be sure."
    return _whole(data, first, doubt) if first != "utf-8" and not _has_utf8(data) else _by_lines(data, first, doubt)


def is_wide(data: bytes) -> bool:
    """Return whether bytes that are valid UTF-8 are rather UTF-16: Cyrillic letters look like control characters."""
    sample = data[: _SAMPLE // 2 * 2]
    if len(data) % 2 or len(_CONTROL.findall(sample)) < 0.4 * len(sample):
        return False
    wide = max(_weight(sample, name) for name in _WIDE)
    return wide > max(_weight(sample, "utf-8"), len(sample) // 2 * _UNUSUAL)


def _whole(data: bytes, encoding: str, doubt: str | None) -> Reading | None:
    try:
        return Reading(data.decode(encoding), (encoding,), doubt)
    except UnicodeDecodeError:
        return _by_lines(data, encoding, doubt) if encoding not in _WIDE else None


def _has_utf8(data: bytes) -> bool:
    """Return whether a line with high bytes is UTF-8, while the whole is not."""
    return any(not line.isascii() and _strictly(line, "utf-8") is not None for line in data.splitlines())


def _by_lines(data: bytes, main: str, doubt: str | None) -> Reading | None:
    """Return the text read line by line: each in the encoding that suits it, in doubt in that of most lines."""
    found: dict[str, int] = {}
    texts: list[str] = []
    broken = 0
    for line in data.split(b"\n"):
        name = "ascii" if line.isascii() else _encoding_of_line(line, main)
        texts.append(line.decode(name, "replace"))
        broken += texts[-1].count("\ufffd")
        if name != "ascii":
            found[name] = found.get(name, 0) + 1
    text = "\n".join(texts)
    if broken > max(2, len(text) // 100):
        return None
    names = tuple(sorted(found, key=lambda name: -found[name]))
    said = [doubt] if doubt and not broken and len(names) == 1 else []
    if len(names) > 1:
        said.append(f"Its lines are in several encodings: {', '.join(names)}.")
    if broken:
        said.append(f"{broken} bytes are no characters in {names[0]} and stand as \ufffd.")
    return Reading(text, names, " ".join(said) or None)


def _encoding_of_line(line: bytes, main: str) -> str:
    """Return the encoding of a line; another than the main one only if it is much more likely."""
    rivals = ["utf-8"] if main != "utf-8" and _strictly(line, "utf-8") is not None else []
    if _strictly(line, main) is None:
        rivals = ["utf-8", *_LANGUAGES]
    if not rivals:
        return main
    part = _telling(line, _PART)
    weights = {name: _weight(part, name) for name in {main, *rivals}}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > weights[main] + 2 else main


def _telling(data: bytes, size: int) -> bytes:
    """Return so many bytes that are not ASCII, with a few of ASCII around them; no character is torn in two.

    The rest of the ASCII tells nothing: program text with some words of Chinese is no English.
    """
    parts: list[bytes] = []
    end = total = 0
    for found in _HIGH.finditer(data):
        if parts and found.start() > end:
            parts.append(b"\n")
        parts.append(found[0][: size - total])
        end, total = found.end(), total + len(found[0])
        if total >= size:
            break
    return b"".join(parts)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _weight(data: bytes, encoding: str) -> float:
    """Return the logarithm of how likely the bytes are, read in this encoding, in the language that suits them best."""
    text = data.decode(encoding, "replace")
    if len(data) >= _PART:
        text = text.rstrip("\ufffd")  # a part of a line may end inside a character
    return max(_likelihood(text, language) for language in _LANGUAGES.get(encoding, tuple(_MODELS)))


def _likelihood(text: str, language: str) -> float:
    character = _MODELS[language]
    alone = len(_ALONE.findall(text)) * math.log(0.05) if language in _WITHOUT_LETTERS else 0.0
    odd = math.log(0.2) if language == "korean" else 0.0  # of bytes that may be Chinese, many more are
    weights = (_BROKEN if each == "\ufffd" else _plain(each, language) or character(each) for each in text)
    return odd + alone + sum(weights)


def _plain(character: str, language: str) -> float:
    """Return the weight of an ASCII character, 0 if it is none. Only some languages put blanks between their words."""
    if character > "\x7f":
        return 0.0
    if character == " ":
        return math.log(0.15 if language in ("western", "cyrillic", "korean") else 0.02)
    if character.isalpha():
        return math.log((0.75 if language == "western" else 0.1) / 52)
    return math.log(0.1 / 45) if character.isprintable() or character in "\n\r\t" else _RARE


def _share(part: float, of: int) -> float:
    return math.log(part / of)


@cache
def _frequent(language: str) -> frozenset[str]:
    """Return the characters that are most used in a language of charset-normalizer."""
    return frozenset(FREQUENCIES[language])


@lru_cache(maxsize=65_536)
def _lead(character: str, encoding: str) -> int:
    """Return the first of the two bytes of a character in an encoding, 0 if it has no two there."""
    try:
        encoded = character.encode(encoding)
    except UnicodeEncodeError:
        return 0
    return encoded[0] if len(encoded) == 2 else 0


def _ideograph(character: str, encoding: str, usual: range, language: str, share: float) -> float:
    """Return the weight of a character of a set in two levels, of which the `usual` one begins with these bytes."""
    if character in _frequent(language):
        return _share(share * 0.3, len(_frequent(language)))
    lead = _lead(character, encoding)
    if lead in usual:
        return _share(share * 0.68, 94 * len(usual))
    return _share(share * 0.01, 3000) if lead > usual.stop - 1 else _RARE


def _chinese(character: str) -> float:
    if _is_punctuation(character):
        return _share(0.1, 40)
    return _ideograph(character, "gb2312", range(0xB0, 0xD8), "Chinese", 0.85)


def _traditional(character: str) -> float:
    if _is_punctuation(character):
        return _share(0.1, 40)
    return _ideograph(character, "big5", range(0xA4, 0xC7), "Chinese", 0.85)


def _japanese(character: str) -> float:
    if _is_punctuation(character):
        return _share(0.1, 40)
    if "\u3041" <= character <= "\u3093":
        return _share(0.5, 83)
    if "\u30a1" <= character <= "\u30fc":
        return _share(0.12, 90)
    return _ideograph(character, "euc_jp", range(0xB0, 0xD0), "Japanese", 0.25)


def _korean(character: str) -> float:
    if "\uac00" <= character <= "\ud7a3":
        if character in _frequent("Korean"):
            return _share(0.25, len(_frequent("Korean")))
        return _share(0.45, 2350) if 0xB0 <= _lead(character, "euc_kr") <= 0xC8 else _RARE
    if _is_punctuation(character):
        return _share(0.002, 40)
    return _share(0.001, 4888) if 0xCA <= _lead(character, "euc_kr") <= 0xFD else _RARE


def _western(character: str) -> float:
    if character in "éèàüöäñçßáíóúêâôîåøæãõëïùìòœÉÖÄÜÅØÇÀ":
        return _share(0.04, 34)
    if character in "“”„‘’–—…«»€°§·£©®¿¡²³½´":
        return _share(0.01, 26)
    return _share(0.0005, 60) if character <= "\u00ff" or character in "ŠšŽžŸŒƒ†‡‰‹›™•ˆ˜" else _RARE


def _cyrillic(character: str) -> float:
    if "а" <= character <= "я" or character == "ё":
        return _share(0.8, 33)
    if "А" <= character <= "Я" or character in "іїєґІЇЄЁў":
        return _share(0.03, 40)
    return _share(0.01, 20) if character in "«»—–№“”„…" else _RARE


def _is_punctuation(character: str) -> bool:
    return "\u3000" <= character <= "\u3017" or "\uff01" <= character <= "\uff5e" or character in "“”‘’…—·～"


_MODELS: dict[str, Callable[[str], float]] = {
    "chinese": _chinese, "traditional": _traditional, "japanese": _japanese, "korean": _korean, "western": _western,
    "cyrillic": _cyrillic,
}  # fmt: skip
