"""Who does what to whom: two parties that changed places around the same words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generator.citing.word_list import word_list
from retriever.text.analysis import CJK, is_cjk
from retriever.text.function_words import FUNCTION_WORDS

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:[.,]\d+)*|[,;:，；：、。]")
_BREAK = frozenset(",;:，；：、。")
_LONGEST = 8  # tokens between the two parties
_PARTY = 8  # tokens of a party
_BE = frozenset(word_list("is are was were be been being gets got"))
_ONE_WAY = frozenset(word_list("from to than before after over of by into for under above below"))
# Words around which places may change: "Anna and Ben", "Paris is the capital", 甲和乙.
_EITHER_WAY = frozenset(word_list("and or with is are was were be as well both meets met equals married versus vs"))
_CJK_EITHER_WAY = frozenset("和与跟及或同、是为即的")


def parties_swapped(statement: str, sentence: str) -> str | None:
    """Return the two parties that stand the other way round in the sentence, or None: "Ben paid Anna", "Anna paid Ben".

    Words count as parties if they carry meaning, CJK names from two characters on.
    """
    mine, theirs = _tokens(statement), _tokens(sentence)
    if _passive_differs(mine, theirs):
        return "the active and the passive"
    places: dict[tuple[str, ...], list[int]] = {}
    for length in range(1, _LONGEST + 1):
        for start in range(len(theirs) - length + 1):
            places.setdefault(tuple(theirs[start : start + length]), []).append(start)
    for length in range(1, _LONGEST + 1):
        for start in range(1, len(mine) - length):
            middle = tuple(mine[start : start + length])
            if not _goes_one_way(middle):
                continue
            for place in places.get(middle, ()):
                first = _common_tail(mine[:start], theirs[place + length :])
                second = _common_tail(theirs[:place], mine[start + length :])
                if first == second or not (_is_party(first) and _is_party(second)):
                    continue
                if not _holds(theirs, [*first, *middle, *second]):  # the sentence may say both
                    return f"{_joined(first)} and {_joined(second)}"
    return None


def _tokens(text: str) -> list[str]:
    return [token for token in map(str.casefold, _TOKEN.findall(text)) if token not in ("the", "a", "an")]


def _holds(tokens: Sequence[str], run: list[str]) -> bool:
    return any(list(tokens[at : at + len(run)]) == run for at in range(len(tokens) - len(run) + 1))


def _goes_one_way(middle: Sequence[str]) -> bool:
    if _BREAK.intersection(middle):
        return False
    if all(is_cjk(token) for token in middle):
        return not _CJK_EITHER_WAY.issuperset(middle) and not _CJK_EITHER_WAY & {middle[0], middle[-1]}
    return not _EITHER_WAY.issuperset(middle) and any(
        token in _ONE_WAY or token not in FUNCTION_WORDS for token in middle
    )


def _common_tail(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the longest run, within a clause, that ends `before` and begins `after`."""
    for length in range(min(len(before), len(after), _PARTY), 0, -1):
        run = list(after[:length])
        if list(before[-length:]) == run and not _BREAK.intersection(run):
            return run
    return []


def _is_party(tokens: Sequence[str]) -> bool:
    if not tokens or all(token in FUNCTION_WORDS for token in tokens):
        return False
    return not all(is_cjk(token) for token in tokens) or len(tokens) >= 2


def _passive_differs(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Return whether one text says "X was paid by Y" and the other "X paid Y"."""
    for passive, active in ((mine, theirs), (theirs, mine)):
        for place in range(1, len(passive) - 3):
            be, verb, by, agent = passive[place : place + 4]
            said = be in _BE and by == "by" and agent not in FUNCTION_WORDS
            if said and _holds(active, [passive[place - 1], verb, agent]):
                return True
    return False


def _joined(tokens: Sequence[str]) -> str:
    return ("" if is_cjk(tokens[0]) else " ").join(tokens)
