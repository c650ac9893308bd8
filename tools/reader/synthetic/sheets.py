"""Documents about a house at a site, made of facts: running text, lists, tables, questions with answers, clauses."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tools.reader.synthetic.cases import Ask, Document
from tools.reader.synthetic.facts import Domain, Fact
from tools.reader.synthetic.marks import mark
from tools.reader.synthetic.places import document_kind, site_name, title_of
from tools.reader.synthetic.values import Value, chinese_number, value
from tools.reader.synthetic.vocabulary import Condition, conditions

_LEADS = {
    "en": ("The following applies:", "Please note:", "At a glance:", "These rules hold for everybody:", "In short:"),
    "zh": ("规定如下：", "请注意：", "一览：", "下列规定适用于所有人：", "要点："),
}
_HEADS = {
    "en": ("General", "Good to know", "Details", "Rules", "Before you come", "Everyday matters", "Figures", "Service"),
    "zh": ("总则", "须知", "细则", "规定", "来之前", "日常事项", "数据", "服务"),
}
_FILLERS = {
    "en": (
        "This page is checked twice a year.",
        "Ask at the desk if something is unclear.",
        "Thank you for your help.",
        "We are glad that you are here.",
        "The sheet hangs next to the door as well.",
        "Changes are announced on the board.",
    ),
    "zh": ("本页每年核对两次。", "有不清楚的请到前台询问。", "感谢配合。", "变更另行公告。", "门口也张贴了一份。"),
}
_STYLES = ("prose", "prose", "items", "labels", "table", "faq", "letters", "clauses")


@dataclass(frozen=True)
class Told:
    """A fact of a thing with its value at one site; perhaps another value on a condition."""

    key: str
    fact: Fact
    thing: Value
    value: Value
    condition: Condition | None = None
    other: Value | None = None


def told(domain: Domain, chance: random.Random) -> list[Told]:
    """Return some facts of a domain with values: a few kinds, several things of each."""
    found: list[Told] = []
    facts = chance.sample(domain.facts, min(len(domain.facts), chance.randint(2, 4)))
    for number, fact in enumerate(facts):
        things = chance.sample(fact.things, chance.randint(1, len(fact.things)))
        for place, thing in enumerate(things):
            special = chance.random() < 0.25 and fact.kind.partition(":")[0] not in {"pick", "person", "room", "phone"}
            condition = chance.choice(conditions()) if special else None
            values = (value(fact.kind, chance), value(fact.kind, chance))
            if values[0] == values[1]:
                condition = None
            found.append(Told(f"f{number}_{place}", fact, thing, values[0], condition, values[1]))
    return found


def revalued(facts: Sequence[Told], chance: random.Random) -> list[Told]:
    """Return the same facts with the values of another site; a fifth of them are the same there."""
    return [
        each
        if chance.random() < 0.2
        else Told(each.key, each.fact, each.thing, value(each.fact.kind, chance), each.condition, each.other)
        for each in facts
    ]


def sheet(domain: Domain, lang: str, chance: random.Random) -> Document:
    """Return a document about a site; half of them have rivals: the same document of other sites or years."""
    facts = told(domain, chance)
    kind = document_kind(lang, chance)
    layout = random.Random(chance.random()).getstate()

    def written(told_here: Sequence[Told]) -> str:
        own = random.Random(0)
        own.setstate(layout)
        return body(told_here, lang, own)

    missing = [
        Ask((), {tongue: fact.questions(thing, tongue) for tongue in ("en", "zh")})
        for fact in domain.facts
        for thing in fact.things
        if not any(fact is each.fact and thing == each.thing for each in facts)
    ]
    sites = [site_name(lang, chance) for _ in range(3)]
    titles = [title_of(site, domain.name.of(lang), kind, lang, chance) for site in sites]
    form = chance.choice(["alone", "alone", "sites", "sites", "years"])
    if form == "years":
        years = sorted(chance.sample(range(2012, 2027), 2))
        old, new = (_dated(titles[0], year, place, lang, chance) for place, year in enumerate(years))
        other = ((old, written(revalued(facts, chance))),)
        asks = [*_asks(facts, ""), *_asks(facts, str(years[1]), years=True)]
        if chance.random() < 0.4:  # the old edition is asked for
            new, other = old, ((new, other[0][1]),)
            asks = _asks(facts, str(years[0]), years=True)
        return Document(lang, new, written(facts), (*asks, *chance.sample(missing, min(4, len(missing)))), other)
    rivals = tuple((title, written(revalued(facts, chance))) for title in titles[1:] if form == "sites")
    asks = _asks(facts, sites[0] if form == "sites" or chance.random() < 0.4 else "")
    if form == "sites":
        asks += [Ask((), ask.ways) for ask in _asks(facts, site_name(lang, chance))[:2]]
    return Document(lang, titles[0], written(facts), (*asks, *chance.sample(missing, min(5, len(missing)))), rivals)


def _dated(title: str, year: int, place: int, lang: str, chance: random.Random) -> str:
    if lang == "zh":
        notes = ("（已废止）", "（旧版）") if place == 0 else ("（现行）", "")
        return f"{title}（{year}年版）{chance.choice(notes)}"
    notes = (
        (" (superseded)", " - old edition", " (no longer valid)") if place == 0 else (" (current)", "", " (in force)")
    )
    return f"{title}, {year}{chance.choice(notes)}"


def _asks(facts: Sequence[Told], where: str, years: bool = False) -> list[Ask]:
    found = []
    for each in facts:
        ways = {tongue: each.fact.questions(each.thing, tongue) for tongue in ("en", "zh")}
        found.append(Ask((each.key,), {t: tuple(_placed(q, where, t, years) for q in ways[t]) for t in ways}))
        if each.condition is not None:
            special = {
                tongue: tuple(
                    _placed(each.condition.asked(q, tongue, n), where, tongue, years)
                    for n, q in enumerate(ways[tongue])
                )
                for tongue in ways
            }
            found.append(Ask((each.key + "_if",), special))
    return found


def _placed(question: str, where: str, lang: str, years: bool) -> str:
    if not where:
        return question
    if lang == "zh":
        return f"{where}年版里，{question}" if years else f"{where}{question}"
    if years:
        return f"{question} (rules of {where})" if len(question) % 2 else f"under the {where} rules: {question}"
    place = len(question) % 4
    if place == 0:
        return f"{where}: {question}"
    plain = question.rstrip("?")
    return f"{plain} at {where.lower() if place == 1 else where}{'?' if plain != question else ''}"


def body(facts: Sequence[Told], lang: str, chance: random.Random) -> str:
    """Return the marked text of a document that tells the facts, in two or three sections of different layout."""
    styles = chance.sample(_STYLES, chance.randint(1, 3))
    groups: list[list[Told]] = [[] for _ in styles]
    for each in facts:
        groups[hash_of(each) % len(styles)].append(each)
    parts: list[str] = []
    heads = chance.sample(_HEADS[lang], len(styles))
    for style, group, head in zip(styles, groups, heads, strict=True):
        if group:
            number = f"{chinese_number(len(parts) + 1)}、" if lang == "zh" else ""
            parts.append(f"## {number}{head}\n\n" + _section(style, group, lang, chance))
    return "\n\n".join(parts)


def hash_of(each: Told) -> int:
    """Return a number that is the same for all facts of a kind within a document."""
    return int(each.key[1:].partition("_")[0])


def _section(style: str, facts: Sequence[Told], lang: str, chance: random.Random) -> str:
    lines: list[str] = []
    if style in {"faq", "letters"}:
        return "\n\n".join(_answered(each, style, lang, chance) for each in facts)
    if style == "table":
        return _table(facts, lang)
    if style == "prose":
        between = "" if lang == "zh" else " "
        return between.join([*(_stated(each, lang, chance) for each in facts), chance.choice(_FILLERS[lang])])
    lead = chance.choice(_LEADS[lang])
    for number, each in enumerate(facts, 1):
        if style == "items":
            lines.append(f"- {_stated(each, lang, chance)}")
        elif style == "labels":
            lines.append(f"- {_labelled(each, lang)}")
        else:
            head = f"第{chinese_number(number)}条　" if lang == "zh" else f"2.{number} "
            lines.append(head + _stated(each, lang, chance) + "\n")
    return "\n".join([lead, "", *lines] if style != "clauses" else lines)


def _written(each: Told, lang: str) -> str:
    return mark(each.key, each.value.of(lang))


def _other(each: Told, lang: str) -> str:
    return each.other.of(lang) if each.other is not None else ""


def _exception(each: Told, lang: str) -> str:
    if each.condition is None:
        return ""
    other = mark(each.key + "_if", _other(each, lang))
    return f"{each.condition.name.zh}为{other}。" if lang == "zh" else f" {each.condition.name.en} it is {other}."


def _stated(each: Told, lang: str, chance: random.Random) -> str:
    return each.fact.state(each.thing, _written(each, lang), lang, chance) + _exception(each, lang)


def _labelled(each: Told, lang: str) -> str:
    text = each.fact.label(each.thing, lang) + ("：" if lang == "zh" else ": ") + _written(each, lang)
    if each.condition is None:
        return text
    other = mark(each.key + "_if", _other(each, lang))
    if lang == "zh":
        return f"{text}（{each.condition.name.zh}{other}）"
    return f"{text} ({each.condition.name.en[:1].lower()}{each.condition.name.en[1:]} {other})"


def _answered(each: Told, style: str, lang: str, chance: random.Random) -> str:
    question = chance.choice(each.fact.questions(each.thing, lang)).rstrip("?？")
    question = f"{question}？" if lang == "zh" else f"{question[:1].upper()}{question[1:]}?"
    short = chance.random() < 0.5
    answer = _written(each, lang) + ("。" if lang == "zh" else ".") if short else ""
    answer = answer + _exception(each, lang) if short else _stated(each, lang, chance)
    if chance.random() < 0.3:
        answer += ("" if lang == "zh" else " ") + chance.choice(_FILLERS[lang])
    if style == "faq":
        return f"### {question}\n{answer}"
    return f"问：{question}\n答：{answer}" if lang == "zh" else f"Q: {question}\nA: {answer}"


def _table(facts: Sequence[Told], lang: str) -> str:
    """Return a table for each kind of fact; where values depend on a condition there is a column for it."""
    tables = []
    for fact in dict.fromkeys(id(each.fact) for each in facts):
        rows = [each for each in facts if id(each.fact) == fact]
        conditions = list(dict.fromkeys(each.condition for each in rows if each.condition is not None))
        first = ("项目" if len(rows) % 2 else "名称") if lang == "zh" else ("Item" if len(rows) % 2 else "What")
        names = [
            condition.name.zh.rstrip("，") if lang == "zh" else condition.name.en.rstrip(",")
            for condition in conditions
        ]
        lines = ["| " + " | ".join([first, rows[0].fact.column(lang), *names]) + " |"]
        lines.append("|" + "---|" * (2 + len(names)))
        for each in rows:
            cells = [
                mark(each.key + "_if", _other(each, lang)) if each.condition is condition else ""
                for condition in conditions
            ]
            thing = each.thing.of(lang) or each.fact.label(each.thing, lang)
            lines.append("| " + " | ".join([thing[:1].upper() + thing[1:], _written(each, lang), *cells]) + " |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables)
