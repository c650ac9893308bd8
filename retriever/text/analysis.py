"""Words for the lexical index and for measuring overlap: lower-cased words, and of CJK text characters and their pairs.

They need no dictionary, and together measure at least like jieba's words (see docs/decisions).
"""

from __future__ import annotations

import re
import unicodedata

ANALYSIS_VERSION = 2  # of what is below: an index that was written by another one is built again
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_CJK_START = re.compile(rf"[{CJK}]")
_BLANK = re.compile(r"\s+")
_CJK_RUN = re.compile(rf"[{CJK}]+")

# Words that say how something is asked, not what about: they carry no evidence.
_WORD_LIST = """
a about after all also am an and any are as at be been before being between but by can could did do does doing
for from get had has have he her his how i if in into is it its many may me more most much must my no not of
off on one only or other our out over she should so some such than that the their them then there these they
this those to under until up was we were what when where which while who whom whose why will with would you
your
"""
FUNCTION_WORDS = frozenset(_WORD_LIST.split())
_CJK_FUNCTION = re.compile("[的了吗呢么什几多少哪谁怎是在有和与及或请问可以能会要被将为于其该]")


def is_function_term(term: str) -> bool:
    """Return whether a term is an English function word, or a Chinese one with a function character."""
    return term in FUNCTION_WORDS or _CJK_FUNCTION.search(term) is not None


def terms(text: str) -> list[str]:
    """Return the terms of a text in order: words, and the bigrams of CJK runs (a run of one character is itself)."""
    found: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _CJK_START.match(run) and len(run) > 1:
            found += [run[place : place + 2] for place in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def words(text: str) -> list[str]:
    """Return the words of a text in order; of CJK runs the characters."""
    runs = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return [word for run in runs for word in (run if _CJK_START.match(run) else (run,))]


def content_terms(text: str) -> list[str]:
    """Return the terms of a text in order, those of function words left out."""
    return [term for term in terms(text) if not is_function_term(term)]


def content_words(text: str) -> list[str]:
    """Return the words of a text in order, function words left out."""
    return [word for word in words(text) if not is_function_term(word)]


def is_cjk(character: str) -> bool:
    """Return whether a character is Chinese, Japanese or Korean."""
    return _CJK_START.match(character) is not None


def cjk_share(text: str) -> float:
    """Return the share of the characters that are CJK, blanks left out, 0 to 1."""
    if text.isascii():
        return 0.0
    solid = len(_BLANK.sub("", text))  # a list of its words would take ten times the memory of a text
    return sum(len(run[0]) for run in _CJK_RUN.finditer(text)) / solid if solid else 0.0
