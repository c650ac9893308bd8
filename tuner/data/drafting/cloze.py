"""The rule `cloze`: a sentence with one number asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retriever.text.sentences import sentence_spans
from tuner.data.drafting.rule import Draft, Part, Rule, bare

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COUNTED = re.compile(r"(?P<number>\d+(?:[.,]\d+)*) (?P<unit>[A-Za-z%]+)")
_MEASURED = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s?(?P<unit>分钟|小时|个工作日|工作日|天|日|元|人|次|米|公斤|吨|个月|年|%)"
)
_MONEY = {"EUR", "USD", "GBP", "CHF", "crowns", "euros"}
_UNITS = {*_MONEY, "min", "h", "km", "kg", "m", "cm", "mg", "ml", "%"}
_POINTING = re.compile(r"\b(?:it|them|him|her|this|these|those|he|she|they)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:an?|the)\s+$")
_UNCLEAR = re.compile(
    r"^(?:what|who|which|whatever|if|when|it|this|that|these|those|they|he|she|there|then|but|and|or|so)\b|^[这那其它但]",
    re.IGNORECASE,
)


def drafts(part: Part) -> Iterator[Draft]:
    """Yield a question for each sentence of a paragraph that is plain enough."""
    if part.unit.kind not in ("prose", "item", "answer") or (part.unit.context and part.unit.kind == "item"):
        return
    for start, end in sentence_spans(part.text, part.unit.body, part.unit.end):
        sentence = " ".join(bare(part.text[start:end]).split())
        if not 15 - 7 * part.chinese <= len(sentence) <= 110 or re.search(r"[;:；：(（?？\"“]", sentence):
            continue
        if _UNCLEAR.match(sentence) or _POINTING.search(sentence) or len(_NUMBER.findall(sentence)) != 1:
            continue
        asked = _chinese(sentence) if part.chinese else _english(sentence)
        if asked:
            yield Draft("cloze", asked, start, end)


def _english(sentence: str) -> str:
    found = _COUNTED.search(sentence)
    if (
        found is None
        or not (found["unit"].endswith("s") or found["unit"] in _UNITS)
        or len(sentence[: found.start()].split()) < 3
        or "," in sentence
        or _ARTICLE.search(sentence[: found.start()])
    ):
        return ""
    what = "how much" if found["unit"] in _MONEY else f"how many {found['unit'].replace('%', 'per cent')}"
    return f"{sentence[: found.start()]}{what}{sentence[found.end() :]}?"


def _chinese(sentence: str) -> str:
    found = _MEASURED.search(sentence)
    if found is None or found.start() < 4:
        return ""
    return f"{sentence[: found.start()]}多少{found['unit'].replace('%', '百分比')}{sentence[found.end() :]}？"


CLOZE = Rule("cloze", drafts)
