"""How a piece of text is shown: on one line, without the marks of emphasis and links."""

from __future__ import annotations

import re

from retriever.text.analysis import CJK

_LONGEST = 300  # characters of the words or the target of a link
_MARKED = re.compile(r"[*_`\[<\\~]")
_INLINE = re.compile(
    rf"(?P<code>(?P<ticks>`{{1,2}})(?P<inside>[^`\n]{{1,{_LONGEST}}})(?P=ticks)(?!`))"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    rf"|!?\[(?P<words>[^\[\]\n]{{0,{_LONGEST}}})\](?:\([^()\n]{{0,{_LONGEST}}}\)|\[[^\[\]\n]{{0,80}}\])"
    rf"|<(?P<address>(?:https?://|mailto:)[^<>\s]{{1,{_LONGEST}}})>"
    r"|(?P<break><br[ ]?/?>)"
    r"|(?P<emphasis>\*{2,3}|~~|(?<!\w)_{1,3}(?=\w)|(?<=[^\W_])_{1,3}(?!\w)|(?<=[.!?,;:)])_{1,3}(?!\w))"
    r"|(?P<star>(?<![\w*])\*(?=\w)|(?<=[^\W_])\*(?![\w*])|(?<=[.!?,;:)])\*(?![\w*]))"
)
_FULL_WIDTH = "，。、；：！？（）《》“”「」『』【】—…"
_JOINS_BEFORE = re.compile(rf"[{CJK}{_FULL_WIDTH}]\Z")
_JOINS_AFTER = re.compile(rf"[{CJK}{_FULL_WIDTH}]")
_RUN = re.compile(r"[ \t\u3000\xa0]{2,}|[\t\u3000\xa0]")


def shown(text: str, *, markdown: bool) -> str:
    """Return a piece of text as it is shown: wrapped lines joined by a blank, between CJK characters by nothing."""
    joined = _joined(text) if "\n" in text else text
    if markdown and _MARKED.search(joined):
        joined = _INLINE.sub(_bare, joined)
    return _RUN.sub(" ", joined).strip()


def _joined(text: str) -> str:
    parts: list[str] = []
    for line in text.split("\n"):
        solid = line.strip().rstrip("\\")
        if parts:
            solid = solid.lstrip("> \t")
            parts.append(joint(parts[-1], solid))
        parts.append(solid)
    return "".join(parts)


def joint(before: str, after: str) -> str:
    """Return what stands between two pieces of one paragraph."""
    if not before or not after:
        return ""
    if _JOINS_BEFORE.search(before[-1:]) and _JOINS_AFTER.match(after):
        return ""
    hyphenated = before.endswith("-") and before[-2:-1].isalpha() and after[:1].islower()
    return "" if hyphenated else " "


def _bare(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if match["code"] is not None:
        return match["inside"].strip()
    if match["escaped"] is not None:
        return match["escaped"]
    if match["words"] is not None:
        return _INLINE.sub(_bare, match["words"])
    if kind == "address":
        return match["address"].removeprefix("mailto:")
    return " " if kind == "break" else ""
