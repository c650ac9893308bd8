"""Which lines are headings: those with marks, those that are underlined, and those that stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retriever.documents.structure.lines import Line
from retriever.documents.structure.marks import Mark, mark_of
from retriever.text.analysis import CJK, cjk_share

# A longer line is text, whatever it begins with: the heading path must leave room for the passage in the encoder.
LONGEST_HEADING = 120
_LONGEST_RULE = 200
_ALONE = 70  # characters of a heading that has no mark of one
_ALONE_CJK = 24
_ALONE_WORDS = 9
_ATX = re.compile(rf"(#{{1,6}})(?:[ \t]+|(?=[{CJK}]))(?=\S)")
_UNDERLINE = re.compile(r"(=+|-+|~+|\^+|\*+|_+)")
_RULE = re.compile(r"(?:[-*_=~#+.·—─━][ \t]?){3,}")
_ENDS = tuple(".。;；,，!！")  # of a sentence, not of a heading
_OPEN_ENDS = (":", "：", "?", "？", "、", "-", "–", ")", "）")
_SEPARATORS = (": ", "：", "，", "\t", "   ", "@", "___")
_TITLE = 50  # characters of a heading that nothing but blank lines marks
_TITLE_WORDS = 6
_TITLE_CJK = 14
_CARRIED = 44  # columns of the line below such a heading: a shorter one may be a name below a greeting
_BOLD = re.compile(r"(\*\*|__)(?P<title>[^*_\n]{1,100})(?:\*\*|__)[:：]?")
_BRACKETED = re.compile(r"【([^【】]{1,40})】|\[([^\[\]|]{2,40})\]")
_CAPITALS = re.compile(r"[^\W\d_]")
_LEVELS = {"編": 1, "编": 1, "部": 1, "篇": 1, "章": 2, "节": 3, "款": 5, "条": 4}
_ARTICLE = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with the level from which on it holds, 1 outermost, and its title as it is written."""

    level: int
    title: str


def marked_heading(line: Line, *, alone: bool, markdown: bool) -> Heading | None:
    """Return the heading that a line with `#` is. In plain text it must stand `alone`: there `# x` may be a comment."""
    match = _ATX.match(line.text)
    if match is None or line.indent > 3 or len(line.text) - match.end() > LONGEST_HEADING:
        return None
    spaced = line.text[len(match[1])].isspace()
    if (not markdown and not (alone and spaced)) or (not spaced and len(match[1]) < 2):
        return None
    return Heading(len(match[1]), _unclosed(line.text[match.end() :]))


def is_rule(line: Line) -> bool:
    """Return whether a line is nothing but signs that separate parts of a text."""
    return (
        3 <= len(line.text) <= _LONGEST_RULE and not line.text[0].isalnum() and _RULE.fullmatch(line.text) is not None
    )


def underlined_heading(line: Line, under: Line, *, markdown: bool) -> Heading | None:
    """Return the heading that a line is because of the line below it, which must be about as long."""
    match = _UNDERLINE.fullmatch(under.text)
    if match is None or len(under.text) < 2 or len(line.text) > LONGEST_HEADING or line.quoted != under.quoted:
        return None
    if line.text.endswith(_ENDS) or "|" in line.text or not any(each.isalnum() for each in line.text):
        return None
    width = _width(line.text)
    short = len(under.text) < (3 if width > 3 else 2) or 3 * len(under.text) < width
    if (short and not (markdown and len(under.text) >= 3)) or len(under.text) > 2 * width + 12:
        return None
    return Heading({"=": 1, "-": 2}.get(under.text[0], 3), line.text)


def standing_heading(
    line: Line, mark: Mark | None, before: Mark | None, after: Sequence[Line], *, alone: bool
) -> Heading | None:
    """Return the heading that a line without a sign is, which a blank line or a heading precedes.

    `before` is the mark of the item before it, `after` the lines that follow; `alone` says that a blank one does.
    """
    if line.indent > 3 or line.quoted or len(line.text) > LONGEST_HEADING or line.text.endswith(_ENDS):
        return None
    bare = _bare_heading(line)
    if bare is not None:
        return bare
    words = line.text[mark.length :] if mark is not None else line.text
    if not words or words.endswith((":", "：")) or not _is_short(words):
        return None
    if mark is not None:
        return _numbered(line, mark, before, after, alone=alone)
    letters = _CAPITALS.findall(line.text)
    capitals = len(letters) > 3 and line.text.upper() == line.text and line.text.lower() != line.text
    return Heading(3, line.text) if capitals and alone and cjk_share(line.text) == 0 else None


def plain_heading(line: Line, after: Sequence[Line]) -> Heading | None:
    """Return the heading that a few words between blank lines of plain text are, if a longer line or a list follows."""
    text = line.text
    below = next((each for each in after if each.text), None)
    if below is None or line.indent or line.quoted or text.endswith((*_ENDS, *_OPEN_ENDS)) or "|" in text:
        return None
    cjk = cjk_share(text) > 0.3
    few = len(text) <= _TITLE_CJK if cjk else len(text) <= _TITLE and len(text.split()) <= _TITLE_WORDS
    begins = text[0].isupper() or cjk
    if not (few and begins) or any(each in text for each in _SEPARATORS):
        return None
    carries = mark_of(below.text) is not None or _width(below.text) >= _CARRIED
    return Heading(8, text) if carries else None


def _bare_heading(line: Line) -> Heading | None:
    bold = _BOLD.fullmatch(line.text)
    if bold is not None:
        return Heading(7, bold["title"].strip().rstrip(":："))
    bracketed = _BRACKETED.fullmatch(line.text)
    title = (bracketed[1] or bracketed[2]).strip(" xX") if bracketed else ""
    return Heading(7, title) if title else None


def _numbered(line: Line, mark: Mark, before: Mark | None, after: Sequence[Line], *, alone: bool) -> Heading | None:
    """Return a numbered line as a heading, unless an item of the same list stands before or behind it."""
    family, _, part = mark.family.partition(":")
    solid = [each for each in after if each.text]
    following = mark_of(solid[0].text) if solid else None
    if family == "bullet" or (following is not None and following.follows(mark)):
        return None
    if before is not None and mark.follows(before):
        return None
    if family == "article":
        return Heading(_LEVELS.get(part, _ARTICLE), line.text)
    if family in ("han", "han_bracket"):
        return Heading(5 if family == "han" else 6, line.text) if solid else None
    if family in ("point", "dotted", "comma") and alone and solid and not solid[0].indent:
        return Heading(5 + (int(part) if part else 0), line.text)
    return None


def _is_short(words: str) -> bool:
    if cjk_share(words) > 0.3:
        return len(words) <= _ALONE_CJK and "，" not in words
    return len(words) <= _ALONE and len(words.split()) <= _ALONE_WORDS


def _width(text: str) -> int:
    return sum(2 if ord(each) > 0x2E80 else 1 for each in text)


def _unclosed(line: str) -> str:
    """Return a heading without the marks that close it: those after a blank, so that `C#` keeps its own."""
    bare = line.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else line
