"""The rule `items`: list items that say what a term, a sign or a code means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuner.data.drafting.rule import Draft, Part, Rule, bare, lowered

_PAIR = re.compile(
    r"(?P<term>[^:：\n]{2,40}?)(?:(?P<dash>\s+[-–—]{1,2}\s+)|\s*[:：](?!\d|//)\s*)(?P<meaning>\S[^\n]{2,200})"
)
_HEADS = {"from", "to", "cc", "date", "subject", "sent", "发件人", "收件人", "日期", "主题", "http", "https", "note"}
_HOW = re.compile(r"怎么|如何|[吗？]")
_CODE = re.compile(r"[A-Z]{1,5}[-_ ]?\d{1,5}[A-Z]?|\d{3}")


def drafts(part: Part) -> Iterator[Draft]:
    """Yield the question for the meaning of an item."""
    if part.unit.kind != "item":
        return
    text = part.text[part.unit.body : part.unit.end]
    found = _PAIR.match(text)
    if found is None or bare(found["term"]).casefold() in _HEADS:
        return
    term, about = bare(found["term"]).strip('"“”'), part.heading or part.title
    if len(term) < 2 or len(term.split()) > 6 or not about or about[0] in "(（0123456789":
        return
    start = part.unit.body + found.start("meaning")
    if found["dash"] or _CODE.fullmatch(term):
        asked = f"“{term}”是什么意思？" if part.chinese else f'What does "{term}" mean?'
    else:
        asked = (
            _about(term, about if len(about) <= 8 and not _HOW.search(about) else "") if part.chinese else _known(term)
        )
    yield Draft("items", asked, start, part.unit.end)


def _about(term: str, subject: str) -> str:
    return f"{subject}的{term}是什么？" if subject else f"关于{term}需要知道什么？"


def _known(term: str) -> str:
    return f"What should I know about {lowered(term)}?"


ITEMS = Rule("items", drafts)
