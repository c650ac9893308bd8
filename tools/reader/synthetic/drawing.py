"""Reading tasks without end from synthetic documents: two in three with an answer, the others near misses."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tools.reader.synthetic import records, tables
from tools.reader.synthetic.cases import Ask, Document, case, case_count
from tools.reader.synthetic.facts import domains
from tools.reader.synthetic.rendering import Passage, passages
from tools.reader.synthetic.sheets import sheet
from tools.reader.synthetic.wording import roughened
from tools.reader.tasks import Task

_HELD_CASES = 3  # of each language, the last ones
_LONGEST = {"en": 900, "zh": 320}  # characters of a passage; longer ones cost more than they teach


def document(lang: str, chance: random.Random, held: bool = False) -> Document:
    """Return a random document: of the domains and cases to train on, or of those held out to judge."""
    domain = chance.choice(domains(held=held))
    kind = chance.random()
    if kind < 0.32:
        known = case_count(lang) - _HELD_CASES
        return case(lang, known + chance.randrange(_HELD_CASES) if held else chance.randrange(known), chance)
    if kind < 0.72:
        return sheet(domain, lang, chance)
    if kind < 0.88:
        return chance.choice(tables.MAKERS)(domain, lang, chance)
    return chance.choice(records.MAKERS)(domain, lang, chance)


def draw(chance: random.Random, held: bool = False, across: float = 0.08) -> Task:
    """Return a task; a share `across` of the questions is in the other language."""
    while True:
        lang = "zh" if chance.random() < 0.45 else "en"
        source = document(lang, chance, held)
        task = _task(source, chance, across)
        if task is not None:
            return task


def asked(ask: Ask, lang: str, chance: random.Random, across: float) -> str:
    """Return a question in the language of the document, sometimes in the other one where it is known."""
    other = "en" if lang == "zh" else "zh"
    tongue = other if other in ask.ways and chance.random() < across else lang
    return roughened(chance.choice(ask.ways[tongue]), tongue, chance)


def _task(source: Document, chance: random.Random, across: float) -> Task | None:
    own = passages(source.title, source.text, source.lang, chance)
    answered = [ask for ask in source.asks if ask.keys]
    missing = [ask for ask in source.asks if not ask.keys]
    ask = chance.choice(missing if missing and chance.random() < 0.2 else answered)
    question = asked(ask, source.lang, chance, across)
    holding = [p for p in own if any(key in p.spans for key in ask.keys)]
    if ask.keys and holding and chance.random() < 0.76:
        passage = chance.choice(holding)
        return _made(question, passage, ask.keys, source.lang)
    others = [p for title, text in source.rivals for p in passages(title, text, source.lang, chance)]
    same = [p for p in others if any(key in p.spans for key in ask.keys)]
    if same and chance.random() < 0.75:
        return _made(question, chance.choice(same), (), source.lang)
    rest = [p for p in (*own, *others) if p not in holding]
    return _made(question, nearest(question, rest, chance), (), source.lang) if rest else None


def nearest(question: str, found: Sequence[Passage], chance: random.Random) -> Passage:
    """Return of four random passages the one that shares most letters in a row with the question."""
    pairs = {question[n : n + 2].lower() for n in range(len(question) - 1)}
    some = chance.sample(found, min(4, len(found)))
    return max(some, key=lambda p: sum(pair in p.content.lower() for pair in pairs))


def _made(question: str, passage: Passage, keys: tuple[str, ...], lang: str) -> Task | None:
    spans = tuple(sorted(span for key in keys for span in passage.spans.get(key, ())))
    if len(passage.content) > _LONGEST[lang]:
        return None
    return Task(question, passage.content, spans, tuple(passage.content[a:b] for a, b in spans))
