"""The rule `definitions`: sentences that say what something is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuner.data.drafting.rule import Draft, Part, Rule, bare, lowered

_ENGLISH = re.compile(
    r"(?P<the>An? |The )?(?P<term>[A-Z]?[\w-]+(?: [\w-]+){0,3}) (?P<verb>is|are|means) "
    r"(?:an?|the kind|any|every|what|somebody|someone) \S"
)
_CHINESE = re.compile(r"(?P<term>[^，。；：\s]{2,12}?)(?:是指|系指|是一种|指的是)[^，。]{4}")
_NO_TERM = re.compile(
    r"\b(?:it|this|that|these|those|there|they|we|you|he|she|one|who|what|which|here|if|when|not|only|also|and|or)\b"
    r"|[这那其它他她们]|如果|凡",
    re.IGNORECASE,
)


def drafts(part: Part) -> Iterator[Draft]:
    """Yield what the first sentence of a unit defines."""
    place = part.sentence()
    if part.unit.kind not in ("prose", "item", "answer") or place is None:
        return
    found = (_CHINESE if part.chinese else _ENGLISH).match(bare(part.text[slice(*place)]))
    if found is None or _NO_TERM.search(found["term"]):
        return
    if part.chinese:
        yield Draft("definitions", f"什么是{found['term']}？", *place)
    elif found["verb"] == "means":
        yield Draft("definitions", f"What does {lowered(found['term'])} mean?", *place)
    else:
        article = (found["the"] or "").lower()
        yield Draft("definitions", f"What {found['verb']} {article}{lowered(found['term'])}?", *place)


DEFINITIONS = Rule("definitions", drafts)
