"""Names that took each other's place: "Berlin is the capital" where the sentence says "Bonn is the capital".

Statement and sentence are laid side by side. Where they agree on both sides of a gap, or on one at an end, and the gap
holds one name here and another there, the one is not what the sentence says. A pronoun or a noun instead of a name is
no other name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from generator.citing.word_list import word_list
from retriever.text.analysis import CJK, is_cjk
from retriever.text.function_words import FUNCTION_WORDS
from retriever.text.spelling import nearly_equal

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_INSIDE = re.compile(r"(?<=[a-zß-öø-ÿ,;] )[A-Z][^\W\d_]+")  # a capital that no beginning of a sentence explains
_LONGEST = 150  # tokens that are laid side by side: more take too long
_GAP = 8  # tokens of a gap
_STEM = 4  # letters with which "Germany" and "German" begin alike
_NONE = frozenset(  # titles, and what is compared as a date
    word_list("mr mrs ms dr sir lady lord president prince princess king queen saint st professor prof captain general")
)
_DATES = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:s|t|rs|day|sday|nesday|rsday|urday|uary|ruary|ch|il|e|y|ust|tember|ober|ember)?s?"
)


def other_name(statement: str, sentence: str, passage: str) -> tuple[str, str] | None:
    """Return a name of the statement with the one that the sentence has in its place, or None.

    A name of Chinese characters is known by standing in the passage.
    """
    mine, theirs = _TOKEN.findall(statement), _TOKEN.findall(sentence)
    if not mine or not theirs or max(len(mine), len(theirs)) > _LONGEST:
        return None
    names = {*_INSIDE.findall(f"{statement}\n{sentence}\n{passage}")}
    for here, there in _gaps(mine, theirs):
        said, found = _name(here, names), _name(there, names)
        if said and found and not _may_be_one(said, found) and _apart(said, found, mine, theirs, passage):
            return _joined(said), _joined(found)
    return None


def _gaps(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield what stands in the one where the other has something else."""
    one, other = ([token.casefold() for token in tokens] for tokens in (mine, theirs))
    for kind, begin, end, start, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "replace" and end - begin <= _GAP and stop - start <= _GAP:
            yield list(mine[begin:end]), list(theirs[start:stop])


def _name(tokens: Sequence[str], names: set[str]) -> list[str]:
    """Return the name in a gap: its words with a capital, or all of it where it is of Chinese characters alone."""
    if all(is_cjk(token) for token in tokens):
        return list(tokens) if len(tokens) > 1 else []
    found = [token for token in tokens if token in names or (token.isupper() and len(token) > 1)]
    return [token for token in found if not _is_none(token.casefold())]


def _is_none(word: str) -> bool:
    return word in _NONE or word in FUNCTION_WORDS or _DATES.fullmatch(word) is not None


def _may_be_one(said: Sequence[str], found: Sequence[str]) -> bool:
    """Return whether two names may be one, written otherwise: UN, United Nations; German, Germany."""
    if any(_letters(one) == _letters(other) for one, other in ((said, found), (found, said))):
        return True
    return any(
        one.casefold()[:_STEM] == other.casefold()[:_STEM] or nearly_equal(one.casefold(), other.casefold())
        for one in said
        for other in found
        if len(one) >= _STEM and len(other) >= _STEM
    )


def _letters(name: Sequence[str]) -> str:
    return name[0].casefold() if len(name) == 1 else "".join(token[0] for token in name).casefold()


def _apart(said: Sequence[str], found: Sequence[str], mine: Sequence[str], theirs: Sequence[str], passage: str) -> bool:
    """Return whether neither text holds the other's name elsewhere; a Chinese one has to stand in the passage."""
    if is_cjk(said[0]) != is_cjk(found[0]):
        return False
    one, other = _joined(said), _joined(found)
    if is_cjk(said[0]):
        return one in passage and one not in "".join(theirs) and other not in "".join(mine)
    held, own = ({token.casefold() for token in tokens} for tokens in (theirs, mine))
    return not any(token.casefold() in held for token in said) and not any(token.casefold() in own for token in found)


def _joined(tokens: Sequence[str]) -> str:
    return ("" if is_cjk(tokens[0]) else " ").join(tokens)
