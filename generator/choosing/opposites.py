"""Opposites: when a depot opens is no answer to when it closes, however much the rest of the words agree."""

from __future__ import annotations

import re

# Each row: words of one side, words of the other. A word that means both, or neither for sure, is in none.
_PAIRS = tuple(
    (re.compile(one, re.I), re.compile(other, re.I))
    for one, other in (
        (r"\bopen(?:s|ed|ing)?\b", r"\b(?:clos(?:e|es|ed|ing)|shuts?|shutting)\b"),
        (r"\b(?:starts?|started|begins?|began|beginning)\b", r"\b(?:ends?|ended|finish(?:es|ed)?|stops?|stopped)\b"),
        (r"\b(?:arriv(?:e|es|ed|al|als))\b", r"\b(?:leaves?|left|depart(?:s|ed|ure|ures)?)\b"),
        (r"\b(?:minimum|at least|lowest|smallest|shortest)\b", r"\b(?:maximum|at most|highest|largest|longest)\b"),
        (r"\bearliest\b", r"\blatest\b"),
        (r"\bcheck(?:s|ing)?[ -]?in\b", r"\bcheck(?:s|ing)?[ -]?out\b"),
        (
            r"\b(?:increases?|increased|raised?|rises?)\b",
            r"\b(?:decreases?|decreased|reduced?|lowers?|lowered)\b",
        ),
        (r"开门|开放|开馆|营业|开店|开园", r"关门|闭馆|打烊|停业|关店|闭园|关闭"),
        (r"开始|上班|入住|上车|入职|进场", r"结束|下班|退房|下车|离职|离场"),
        (r"最多|最高|最大|最长|上限|至多", r"最少|最低|最小|最短|下限|至少"),
        (r"最早", r"最晚|最迟"),
    )
)
_VALUE = re.compile(r"\d+(?:[:：.]\d+)*|[零一二两三四五六七八九十百千]+[点元天个岁人年月号日]")
_RANGE = 2  # values: "from 9 to 17" says when it opens and when it closes


def opposite_said(question: str, said: str, context: str) -> str | None:
    """Return the word of a question of which a statement says the opposite only; None if it does not.

    `context` are the headings and lead-in of the statement: what it is about.
    """
    for pair in _PAIRS:
        for asked, opposite in (pair, pair[::-1]):
            match = asked.search(question)
            if match is None or opposite.search(question):
                continue
            if opposite.search(said) and not asked.search(said) and not asked.search(context):
                return match[0] if len(_VALUE.findall(said)) < _RANGE else None
    return None
