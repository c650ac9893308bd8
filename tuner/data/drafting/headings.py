"""The rule `headings`: what the first sentence below a heading says on its subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuner.data.drafting.rule import Draft, Part, Rule, lowered

_NO_SUBJECT = re.compile(
    r"(?:who|how|when|what|where|why|if|before|after|which|do|can|in|at|on|for)\b|[(\d]|[A-Z]+[-_]\d|.*(?:怎么|如何|何时|谁|什么)",
    re.I,
)
_LONGEST = 40  # characters of a heading that names a subject


def drafts(part: Part) -> Iterator[Draft]:
    """Yield the question for what applies, of the first paragraph below a heading."""
    place = part.sentence()
    subject = part.heading
    if part.unit.kind != "prose" or not part.first or place is None or part.unit.context:
        return
    if not 2 <= len(subject) <= _LONGEST or part.level < 2 or subject.endswith(("?", "？")):
        return
    if _NO_SUBJECT.match(subject):
        return
    if len(part.text[slice(*place)].strip()) < 12:
        return
    asked = f"关于{subject}有什么规定？" if part.chinese else f"What applies to {lowered(subject)}?"
    yield Draft("headings", asked, *place)


HEADINGS = Rule("headings", drafts)
