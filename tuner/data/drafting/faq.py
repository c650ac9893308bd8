"""The rule `faq`: questions that the document asks itself, with the first sentence of the answer below."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuner.data.drafting.rule import Draft, Part, Rule, bare

_ASKED = re.compile(r"^(?:Q|Question|问题|问)\s*\d*\s*[.:：)]\s*", re.IGNORECASE)

_GOES_ON = re.compile(r"(?:and|but|or|so|then|what about)\b|那|还有", re.IGNORECASE)


def drafts(part: Part) -> Iterator[Draft]:
    """Yield the question of an answer."""
    asked = [each.quote for each in part.unit.context if each.kind == "question"]
    place = part.sentence()
    if part.unit.kind != "answer" or not part.first or not asked or place is None:
        return
    question = _ASKED.sub("", bare(asked[-1])).strip(" *")
    if _GOES_ON.match(question):  # which only the question before explains
        return
    if question.endswith(("?", "？")) and 8 <= len(question) <= 200:
        yield Draft("faq", question, *place)


FAQ = Rule("faq", drafts)
