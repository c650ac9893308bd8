"""Whether a sentence contradicts a statement, judged only by what can be compared exactly.

Every number, date, time, unit and negation of the statement must stand in the sentence, nobody may have changed
places, and no name may stand where the sentence has another. What a paraphrase means beyond that is not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from generator.citing.facts import Fact, facts, normal_form, squeezed
from generator.citing.naming import other_name
from generator.citing.polarity import denial_differs, opposite_of
from generator.citing.roles import parties_swapped
from retriever.index.lexical import content_stems, stems


def support(statement: str, sentence: str, least: float, passage: str = "") -> tuple[float, str | None]:
    """Return the share of the statement's words that the sentence holds, 0 to 1, and why it does not support it, if so.

    A share below `least` is too little. A fact that stands in the sentence counts as held, however it is written there.
    `passage` is what the sentence stands in.
    """
    mine, theirs = normal_form(statement), normal_form(sentence)
    if _same(mine, theirs):
        return 1.0, None
    claimed = set(content_stems(mine))  # "the" is in every sentence and supports nothing
    if not claimed:
        return 0.0, "the statement has no words of its own"
    found = facts(theirs)
    standing = [fact for fact in facts(mine) if stands(fact, found, theirs)]
    held = set(stems(theirs)).union(*(stems(fact.written) for fact in standing))
    share = len(claimed & held) / len(claimed)
    if share < least:
        return share, f"no sentence of the passage holds more than {share:.0%} of the statement's words"
    if (against := objection(mine, theirs)) is not None:
        return share, against
    swapped = other_name(statement, sentence, passage)
    return share, swapped and f"the sentence has {swapped[1]!r} in the place of {swapped[0]!r}"


def objection(statement: str, sentence: str) -> str | None:
    """Return why a sentence does not say what the statement says, both in normal form, or None."""
    said, found = facts(statement), facts(sentence)
    for fact in said:
        often = said.count(fact) if fact.kind == "number" else 1  # 2-2 is not 1-2
        if not stands(fact, found, sentence) or (often > 1 and _count(fact, found) < often):
            return f"{fact.written!r} does not stand in the sentence"
    if (word := denial_differs(statement, sentence)) is not None:
        return f"one of them denies {word!r}, the other does not"
    if (word := opposite_of(statement, sentence)) is not None:
        return f"the sentence says the opposite of {word!r}"
    if (parties := parties_swapped(statement, sentence)) is not None:
        return f"{parties} changed places"
    return None


def _count(fact: Fact, found: Sequence[Fact]) -> int:
    return sum(_agrees(fact, other, found) for other in found)


def stands(fact: Fact, found: Sequence[Fact], sentence: str) -> bool:
    """Return whether a fact of a statement stands among those of a sentence, or a code in its text."""
    if fact.kind == "code":
        return any(fact.value == other.value for other in found) or str(fact.value[0]) in squeezed(sentence)
    if fact.kind == "number" and not fact.units and fact.value[0] == 1:  # "one ticket" and "a ticket" say the same
        others = [other.value[0] for other in found if other.kind == "number" and not other.units]
        return not others or fact.value[0] in others
    return any(_agrees(fact, other, found) for other in found)


def _agrees(fact: Fact, other: Fact, found: Sequence[Fact]) -> bool:
    if fact.kind == other.kind:
        return _AGREE[fact.kind](fact, other, found) if fact.kind in _AGREE else fact.value == other.value
    if {fact.kind, other.kind} == {"date", "slashed"}:
        return _slashed_agrees(*((fact, other) if fact.kind == "date" else (other, fact)))
    if fact.kind == "number":
        return not fact.units and _part_of(fact.value[0], other)
    return other.kind in ("number", "date") and not other.units and _named_by(fact, other)


def _named_by(fact: Fact, other: Fact) -> bool:
    """Return whether a bare number or a date of the sentence holds an ordinal, a year or an hour of the statement."""
    number = other.value[0] if other.kind == "number" else None
    if fact.kind == "ordinal":
        return fact.value[0] == (number if number is not None else other.value[2])
    if fact.kind == "date":
        return fact.value[1:] == (None, None) and number == fact.value[0]
    if fact.kind == "time" and number is not None:
        hour, minute, half = fact.value
        return half is None and number in (Decimal(int(hour or 0)), Decimal(f"{hour}.{int(minute or 0):02}"))
    return False


def _part_of(number: object, other: Fact) -> bool:
    """Return whether a bare number is the year or day of a date, the hour of a time, or an ordinal of the sentence."""
    if other.kind == "date":
        return number in other.value
    if other.kind == "time":
        return not other.value[1] and number in (other.value[0], int(other.value[0] or 0) + 12)
    return other.kind == "ordinal" and number == other.value[0]


def _numbers_agree(fact: Fact, other: Fact, found: Sequence[Fact]) -> bool:
    del found
    return fact.value == other.value and (not fact.units or bool(fact.units & other.units))


def _dates_agree(fact: Fact, other: Fact, found: Sequence[Fact]) -> bool:
    """Return whether every part of the date is one of the other; its year may stand beside it, as a number."""
    for place, (part, its) in enumerate(zip(fact.value, other.value, strict=True)):
        if part is None or part == its:
            continue
        years = {each.value[0] for each in found if each.kind in ("number", "date") and not each.units}
        if place > 0 or its is not None or part not in years:
            return False
    return True


def _times_agree(fact: Fact, other: Fact, found: Sequence[Fact]) -> bool:
    """Return whether two times are the same; 8:00 without a half of the day is 8 am, or says less than 8 pm."""
    del found
    half, its = fact.value[2], other.value[2]
    return fact.value[:2] == other.value[:2] and (half is None or half == its or (half == 0 and its is None))


def _slashed_agrees(date: Fact, slashed: Fact) -> bool:
    """Return whether a date may be meant by 03/04/2026, of which day and month may stand in either order."""
    year, one, two = (int(str(part)) for part in slashed.value)
    full = year + (2000 if year < 100 else 0)
    return any(
        all(part is None or part == its for part, its in zip(date.value, (full, *order), strict=True))
        for order in ((one, two), (two, one))
    )


def _same(statement: str, sentence: str) -> bool:
    one, two = (" ".join(text.split()).casefold().rstrip(".。!！") for text in (statement, sentence))
    return bool(one) and one == two


_AGREE = {"number": _numbers_agree, "date": _dates_agree, "time": _times_agree}
