"""How people type questions: without capitals, with greetings, typing errors, in other words."""

from __future__ import annotations

import random
import re

from tools.reader.synthetic.vocabulary import synonyms

_OPENINGS = {
    "en": (
        "hi, ",
        "quick question: ",
        "sorry, ",
        "hello - ",
        "Can you tell me: ",
        "please, ",
        "hey ",
        "just checking, ",
    ),
    "zh": ("请问", "你好，", "麻烦问一下，", "想问下", "问一下，", "打扰了，", "那个，"),
}
_CLOSINGS = {
    "en": (" pls", " please", " thanks", ", anyone?", "??", " (urgent)"),
    "zh": ("呢", "啊", "，谢谢", "？急", "呀"),
}
_SHARE = {"synonym": 0.3, "opening": 0.12, "closing": 0.1, "typing": 0.12}


def roughened(question: str, lang: str, chance: random.Random) -> str:
    """Return a question as somebody might type it."""
    if chance.random() < _SHARE["synonym"]:
        question = _reworded(question, lang, chance)
    if chance.random() < _SHARE["typing"]:
        question = _mistyped(question, lang, chance)
    if lang == "en" and chance.random() < 0.35:
        question = question[:1].upper() + question[1:]
        question += "" if question.endswith("?") else chance.choice(["?", "?", ""])
    elif lang == "zh" and not question.endswith("？") and chance.random() < 0.4:
        question += "？"
    if chance.random() < _SHARE["opening"]:
        question = chance.choice(_OPENINGS[lang]) + question
    if chance.random() < _SHARE["closing"]:
        question = question.rstrip("？") + chance.choice(_CLOSINGS[lang])
    return question.lower() if lang == "en" and chance.random() < 0.25 else question


def _reworded(question: str, lang: str, chance: random.Random) -> str:
    others = synonyms(lang)
    known = [word for word in others if word in question]
    for word in chance.sample(known, min(2, len(known))):
        other = others[word]
        question = question.replace(word, other) if lang == "zh" else re.sub(rf"\b{word}\b", other, question)
    return question


def _mistyped(question: str, lang: str, chance: random.Random) -> str:
    if lang == "zh":
        return question.replace("？", "").replace("，", " ")
    words = question.split(" ")
    places = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not places:
        return question
    place = chance.choice(places)
    word = words[place]
    at = chance.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[place] = chance.choice([swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])
    return " ".join(words)
