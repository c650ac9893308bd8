"""Sentences of a text in any language, as exact spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_WORD = 12  # characters before a full stop that are looked at: an abbreviation is shorter
_MARK = r"(?:[-*+•#>|]|[0-9]{1,3}[.)])"  # a line that begins with one is an item, row, heading or quote

# The marks of Chinese, Japanese, Indian, Arabic, Armenian, Khmer, Burmese and Ethiopic text end a sentence at once,
# Latin ones before a blank and no lower-case letter. A run of marks is looked at once, from its beginning, so that a
# megabyte of full stops takes no quadratic time.
_AT_ONCE = "。！？｡।॥؟۔։។။።፧"
_END = re.compile(
    rf"[\n.!?…{_AT_ONCE}](?:"
    rf"(?<=\n)(?:(?P<gap>[ \t\r]*+\n\s*+)|(?P<line>(?=[ \t]*+{_MARK}[ \t]))|(?P<any>))"
    rf"|(?<=[{_AT_ONCE}])[{_AT_ONCE}]*+[”」』）*_]*+"
    r"|(?<=[.!?…])(?<![.!?…]{2})(?P<more>[.!?…]*+)[\"')\]”’*_]*+(?:[ \u00a0]»)?(?=\s++[^a-zß-öø-ÿа-яё\s]))"
)
# Thai and Lao have no mark for the end of a sentence: between two long runs of letters a blank is one.
_BLANK_ENDS = re.compile("(?<=[\u0e01-\u0ece])[ \u00a0]+(?=[\u0e01-\u0ece])")
_SHORTEST = 24  # characters of such a sentence
_ABBREVIATIONS_LIST = """
e.g i.e cf vs approx ca incl excl resp viz dr mr mrs ms prof st sr jr gen rev hon nr bzw z.b d.h u.a usw abs str
fig eq sec art vol ch p pp ext tel dept est max min jan feb mar apr jun jul aug sep sept oct nov dec sra srta
dra mme mlle ggf inkl evtl z d u vgl sog pág núm ул им
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_LIST.split())
_BEFORE_NUMBERS_LIST = "no nos nr art fig eq sec vol ch p pp v ver abs"
_BEFORE_NUMBERS = frozenset(_BEFORE_NUMBERS_LIST.split())
_HALVES_OF_DAYS = frozenset({"a.m", "p.m"})
_BEGINNINGS_LIST = """
the a an it this that these those if on in at after before from for when who what we you they there no all
please last first each every only
"""
_BEGINNINGS = frozenset(_BEGINNINGS_LIST.split())
# "am 3. Mai", in German and its neighbours
_MONTHS_LIST = """
januar jänner februar märz april mai juni juli august september oktober november dezember januari februari maart mei
augustus oktobre december marts maj juli augusti
"""
_MONTHS = frozenset(_MONTHS_LIST.split())
_WORD_BEFORE = re.compile(r"[^\W\d_](?:[^\W_]|\.(?=[^\W_]))*\Z")
_DAY = re.compile(r"(?<![0-9])[0-9]{1,2}\Z")
_WORD_AFTER = re.compile(r"\s*([^\W_]+)")
_NUMBER = re.compile(r"[\s*_>]*[0-9]{1,3}(?:\.[0-9]{1,3})*\Z")


@dataclass(frozen=True)
class Sentence:
    """`text` is the span `[start, end)` of the text it was cut from, without white space around it."""

    start: int
    end: int
    text: str


def split_sentences(text: str, *, lines: bool = False) -> list[Sentence]:
    """Return the sentences of a text in order; together they hold all of it but white space.

    A line break inside a paragraph is a blank, since text is often wrapped by hand; with `lines` it ends a sentence, as
    it does in what a person or a model writes as a message.
    """
    spans = _spans(text, 0, len(text), () if lines else ("any",))
    return [Sentence(start, end, text[start:end]) for start, end in spans]


def sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences in `[start, end)` of a text, a paragraph, without white space around them."""
    return _spans(text, start, end, ("any", "line"))


def _spans(text: str, start: int, end: int, going_on: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield the spans of sentences; line breaks of the kinds that are `going_on` end none."""
    begin = start
    for match in _END.finditer(text, start, end):
        if match.lastgroup in going_on:
            continue
        if match["more"] is not None and _goes_on(text, begin, match.start(), match.end("more"), match.end()):
            continue
        yield from _between_blanks(text, begin, match.end())
        begin = match.end()
    yield from _between_blanks(text, begin, end)


def _between_blanks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of Thai sentences, of other text the whole."""
    for match in _BLANK_ENDS.finditer(text, start, end):
        if match.start() - start >= _SHORTEST and end - match.end() >= _SHORTEST:
            yield from _solid(text, start, match.start())
            start = match.end()
    yield from _solid(text, start, end)


def _solid(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _goes_on(text: str, begin: int, place: int, marks_end: int, after: int) -> bool:
    """Return whether the marks at a place end no sentence: those of an abbreviation, a number, an ellipsis."""
    if marks_end - place > 1 or text[place] != ".":
        return marks_end - place < 7 and set(text[place:marks_end]) <= {".", "…"}
    if place - begin <= _LONGEST_WORD and _NUMBER.match(text, begin, place):
        return True  # the mark of an item
    following = _WORD_AFTER.match(text, after, after + 30)
    if _DAY.search(text, max(begin, place - 3), place) and following and following[1].casefold() in _MONTHS:
        return True
    word = _WORD_BEFORE.search(text, max(begin, place - _LONGEST_WORD), place)
    if word is None or (len(word[0]) == 1 and word[0].isupper()):
        return word is not None  # an initial
    before = word[0].casefold()
    if before in _HALVES_OF_DAYS:
        return following is None or following[1].casefold() not in _BEGINNINGS
    numbered = before in _BEFORE_NUMBERS and following is not None and following[1][0].isdigit()
    initials = len(before) == 3 and before[1] == "." and word[0][0].isupper()  # U.S, J.R
    return numbered or initials or before in _ABBREVIATIONS
