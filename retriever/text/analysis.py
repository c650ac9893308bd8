"""Words for the lexical index and for measuring overlap: lower-cased words without accents, and pairs of characters.

Scripts without blanks need no dictionary: of Chinese, Japanese and Korean text the characters and their pairs measure
at least like jieba's words (see docs/decisions), of Thai, Lao, Khmer and Burmese the runs of two and three syllable
signs stand for words. A code is a term of its own besides its parts: `PX-041`, `PX041` and `PX 041` have `px041`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from retriever.text.function_words import FUNCTION_WORDS, function_words_of

ANALYSIS_VERSION = 3  # of what is below: an index that was written by another one is built again
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_HANGUL = "\uac00-\ud7af"
_HAN_KANA = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\u3005\u3007"  # with the signs of 人々 and 二〇二五
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1050-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
)
_SIGNS = "\u0900-\u0963\u0966-\u0dff"  # of Indian scripts: vowel signs are no letters to Python's \w
_LETTER = rf"(?:[^\W_{_HAN_KANA}{_HANGUL}{_UNSPACED}]|[{_SIGNS}])"
_JOINT = "[-./_\u2010]"
_HYPHENS = "-\u2010"
# A code whose parts stand apart, "PX 041", "px 041"; an amount of money is none, nor is "day 2024". And a unit: 16 GB.
_APART = re.compile(
    r"(?<![^\W_])(?:(?!EUR|USD|GBP|CHF|CNY|RMB|JPY)([A-Z]{1,4})[ \u00a0](\d{2,6})"
    r"|([a-z]{1,3})[ \u00a0](?!(?:19|20)\d\d\b)(0\d{1,5}|\d{4,6}))(?![^\W_]|[-./,]\w)"
)
_UNIT = re.compile(r"(?<=\d)[ \u00a0](?=(?:[kmgt]b|[mg]hz|[km]?g|ml|[kcm]m|kwh?|ma)\b)", re.IGNORECASE)
_RUN = re.compile(rf"[{_HAN_KANA}]+|[{_HANGUL}]+|[{_UNSPACED}]+|{_LETTER}+(?:{_JOINT}{_LETTER}+){{0,9}}")
_PAIRS, _KOREAN, _CLUSTERS = (re.compile(f"[{script}]") for script in (_HAN_KANA, _HANGUL, _UNSPACED))
_SPLIT = re.compile(_JOINT)
_LONGEST_CODE = 40  # characters; what is longer is a path or a sum, not what somebody asks for
_LETTERS = 4  # of a code, in front of its number
_SHORT = 2  # letters of a part that is often written without its hyphen: "e-mail", "wi-fi"
_CLUSTER = re.compile(  # a sign with the marks on it, and a vowel that is written before or after it
    "[\u0e40-\u0e44\u0ec0-\u0ec4]?."
    "[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1060\u17b6-\u17d3]*"
)
_ACCENTS = re.compile("(?<=[A-Za-z\u0370-\u03ff\u0600-\u06ff])[\u0300-\u036f\u064b-\u065f\u0670]+|\u0640")
_STROKES = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ё": "е", "Ё": "Е"})
_CJK_START = re.compile(rf"[{CJK}]")
_BLANK = re.compile(r"\s+")
_CJK_RUN = re.compile(rf"[{CJK}]+")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_CJK_FUNCTION = re.compile("[的了吗呢么什几多少哪谁怎是在有和与及或请问可以能会要被将为于其该]")
# In Japanese what is written in hiragana alone says how the rest hangs together; Korean has its endings and questions.
_JAPANESE_FUNCTION = re.compile("[\u3041-\u3096]+|[何誰]")
_KOREAN_FUNCTION = re.compile(
    "(?:무엇|언제|어디|누구|얼마|어떻|떻게|어떤|입니|습니|합니|됩니|니까|나요|인가|가요|는가|하는|있는|있나|에서|까지|부터|으로)"
)


def is_function_term(term: str) -> bool:
    """Return whether a term is an English function word, or a Chinese one with a function character."""
    return term in FUNCTION_WORDS or _CJK_FUNCTION.search(term) is not None


def terms(text: str) -> list[str]:
    """Return the terms of a text in order: words, codes, and the pairs of characters of scripts without blanks.

    A run of one character is itself.
    """
    return _terms(_runs(text))


def words(text: str) -> list[str]:
    """Return the words of a text in order; of CJK runs the characters, of Korean ones the whole, too."""
    return _words(_runs(text))


def words_and_terms(text: str) -> tuple[list[str], list[str]]:
    """Return `words` and `terms` of a text, which is gone through once."""
    runs = _runs(text)
    found = _words(runs)
    return found, found if text.isascii() else _terms(runs)


def _terms(runs: Sequence[str]) -> list[str]:
    found: list[str] = []
    for run in runs:
        if run.isascii():
            found += _of_word(run)
        elif _PAIRS.match(run) or _KOREAN.match(run):
            found += _grams(list(run), 2)
        else:
            found += _grams(_CLUSTER.findall(run), 3) if _CLUSTERS.match(run) else _of_word(run)
    return found


def _words(runs: Sequence[str]) -> list[str]:
    found: list[str] = []
    for run in runs:
        if run.isascii():
            if run.isalnum():  # what `_of_word` says, at half its price
                found.append(run)
            else:
                found += _of_word(run)
        elif _PAIRS.match(run):
            found += run
        elif _KOREAN.match(run):
            found += [*run, run] if len(run) > 1 else run
        else:
            found += _grams(_CLUSTER.findall(run), 2) if _CLUSTERS.match(run) else _of_word(run)
    return found


def content_terms(text: str) -> list[str]:
    """Return the terms of a text in order, those of function words left out."""
    return _content(text, terms(text))


def content_words(text: str) -> list[str]:
    """Return the words of a text in order, function words left out."""
    return _content(text, words(text))


def is_cjk(character: str) -> bool:
    """Return whether a character is Chinese, Japanese or Korean."""
    return _CJK_START.match(character) is not None


def cjk_share(text: str) -> float:
    """Return the share of the characters that are CJK, blanks left out, 0 to 1."""
    if text.isascii():
        return 0.0
    solid = len(_BLANK.sub("", text))  # a list of its words would take ten times the memory of a text
    return sum(len(run[0]) for run in _CJK_RUN.finditer(text)) / solid if solid else 0.0


def codes(text: str) -> dict[str, list[str]]:
    """Return the codes whose parts say nothing without each other, with these: {"e4711": ["e", "4711"]}.

    They are versions, dates, and a few letters with a number.
    """
    found = {}
    for run in _runs(text):
        if run.isalpha() or len(of_run := _of_word(run)) < 3:
            continue
        *parts, whole = of_run
        if all(map(str.isdigit, parts)) or (len(parts) == 2 and len(parts[0]) <= _LETTERS and parts[1].isdigit()):
            found[whole] = parts
    return found


def _runs(text: str) -> list[str]:
    """Return the runs of a text in order, folded: words and codes, and what stands between blanks in other scripts."""
    joined = _UNIT.sub("-", _APART.sub(_code, _folded(text)))
    runs: list[str] = _RUN.findall(joined.casefold())
    return runs


def _code(match: re.Match[str]) -> str:
    """Return a code with its parts joined; "AT 200" in a heading of capitals stays as it is."""
    letters, number = (part for part in match.groups() if part)
    return match[0] if letters.casefold() in FUNCTION_WORDS else f"{letters}-{number}"


def _folded(text: str) -> str:
    """Return a text without accents and with one form of each character, letters as large as they were."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_STROKES))))


def _of_word(run: str) -> list[str]:
    """Return the terms of a word or of several that are joined: each of them, then the code that they make."""
    if run.isalnum():  # no joint in it
        return [run]
    parts = _SPLIT.split(run)
    whole = _joined(parts, run) if len(parts) > 1 and len(run) <= _LONGEST_CODE else ""
    return [*parts, whole] if whole else parts


def _joined(parts: list[str], run: str) -> str:
    """Return a code without its joints, a point where two numbers meet; nothing for words that are no code."""
    if not any(character.isdigit() for part in parts for character in part):
        hyphened = len(parts) == 2 and run[len(parts[0])] in _HYPHENS
        return "".join(parts) if hyphened and min(map(len, parts)) <= _SHORT else ""
    is_version = parts[0][0] == "v" and parts[0][1:].isdigit() and parts[1].isdigit()
    whole = parts[0][1:] if is_version else parts[0]  # v4.6.2 is the version 4.6.2
    for part in parts[1:]:
        whole += f".{part}" if whole[-1:].isdigit() and part[0].isdigit() else part
    return whole


def _grams(characters: list[str], size: int) -> list[str]:
    if len(characters) <= size:
        return ["".join(characters)]
    return ["".join(characters[place : place + size]) for place in range(len(characters) - size + 1)]


def _content(text: str, found: list[str]) -> list[str]:
    listed = function_words_of(found)
    if text.isascii():
        return [term for term in found if term not in listed]
    cjk = _JAPANESE_FUNCTION.fullmatch if _KANA.search(text) else _CJK_FUNCTION.search
    return [term for term in found if term not in listed and not cjk(term) and not _KOREAN_FUNCTION.match(term)]
