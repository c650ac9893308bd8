"""Documents with tables: price grids, stock lists, opening hours, shift plans and contact sheets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tools.reader.synthetic.cases import Ask, Document
from tools.reader.synthetic.facts import Domain
from tools.reader.synthetic.marks import mark
from tools.reader.synthetic.places import site_name
from tools.reader.synthetic.values import DAYS, Value, value
from tools.reader.synthetic.vocabulary import SIZES, SUPPLIERS, Ways, conditions, named, words


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def titled(kind: str, lang: str, chance: random.Random) -> str:
    """Return a title for a kind of document."""
    title = chance.choice(words(f"titles {kind}")).of(lang)
    return title.replace("{site}", site_name(lang, chance)).replace("{year}", str(chance.randint(2015, 2027)))


def grid(domain: Domain, lang: str, chance: random.Random) -> Document:
    """Return a table whose columns are conditions: each cell is asked by row and column."""
    facts = [
        fact for fact in domain.facts if len(fact.things) > 2 and fact.kind in {"money", "minutes", "days", "percent"}
    ]
    if not facts:
        return stock(domain, lang, chance)
    fact = chance.choice(facts)
    columns = chance.sample(conditions(), chance.randint(2, 4))
    heads = [condition.name.of(lang) for condition in columns]
    rows, asks = [], []
    for n, thing in enumerate(chance.sample(fact.things, len(fact.things))):
        cells = []
        for m, condition in enumerate(columns):
            if chance.random() < 0.1:
                cells.append("")
                continue
            key = f"c{n}_{m}"
            cells.append(mark(key, value(fact.kind, chance).of(lang)))
            ways = {
                tongue: tuple(condition.asked(q, tongue, k) for k, q in enumerate(fact.questions(thing, tongue)))
                for tongue in ("en", "zh")
            }
            asks.append(Ask((key,), ways))
        rows.append([_capital(thing.of(lang)), *cells])
    header = ["项目" if lang == "zh" else chance.choice(["Item", "What", "Kind"]), *heads]
    other = next((each for each in domain.facts if each is not fact), fact)
    asks += [
        Ask((), {t: other.questions(thing, t) for t in ("en", "zh")}) for thing in other.things[:2] if other is not fact
    ]
    text = f"## {fact.column(lang)}\n\n{markdown(header, rows)}"
    return Document(lang, titled("prices", lang, chance), text, tuple(asks))


def stock(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return a stock list: cells asked by item and column, rows asked by their code."""
    columns = chance.sample(named("columns"), chance.randint(3, 5))
    names = [
        Value(f"{item.en} {size}", f"{item.zh}{size}")
        for item in chance.sample(words("items"), chance.randint(3, 5))
        for size in chance.sample(chance.choice(SIZES), chance.randint(1, 2))
    ]
    letter = chance.choice("ABCDEGHKLMNPRSTVW")
    rows, asks = [], []
    codes = chance.sample(range(100, 999), len(names))
    for n, name in enumerate(names):
        code = f"{letter}-{codes[n]}"
        cells = [mark(f"code{n}", code), mark(f"name{n}", _capital(name.of(lang)))]
        for m, column in enumerate(columns):
            written = chance.choice(SUPPLIERS) if column.kind == "supplier" else value(column.kind, chance).of(lang)
            cells.append(mark(f"c{n}_{m}", written))
            asks.append(Ask((f"c{n}_{m}",), _of_row(column.ways, name)))
            asks.append(Ask((f"c{n}_{m}",), _of_row(column.ways, Value(code, code))))
        asks.append(Ask((f"code{n}",), _of_row(_CODE_WAYS, name)))
        asks.append(Ask((f"name{n}",), _of_row(_NAME_WAYS, Value(code.lower(), code))))
        rows.append(cells)
    absent = [column for column in named("columns") if column not in columns]
    asks += [Ask((), _of_row(column.ways, chance.choice(names))) for column in chance.sample(absent, 3)]
    asks += [Ask((), _of_row(columns[0].ways, Value(f"{letter}-{n}", f"{letter}-{n}"))) for n in (17, 1044)]
    asks.append(Ask((), _of_row(columns[1].ways, Value(names[0].en + "0", names[0].zh + "0"))))
    first = (
        ["编号", "名称"]
        if lang == "zh"
        else [chance.choice(["Code", "Order no.", "No."]), chance.choice(["Item", "Article"])]
    )
    header = [*first, *(column.name.of(lang) for column in columns)]
    head = chance.choice(words("titles section")).of(lang)
    return Document(lang, titled("stock", lang, chance), f"## {head}\n\n{markdown(header, rows)}", tuple(asks))


def hours(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return opening hours: a row a day, a column an area."""
    areas = chance.sample(words("areas"), chance.randint(2, 4))
    rows, asks = [], []
    for n, (en, zh) in enumerate(DAYS):
        cells = []
        for m, area in enumerate(areas):
            shut = chance.random() < 0.15
            open_, close = chance.randint(6, 11), chance.randint(14, 22)
            minute = chance.choice(["00", "30", "15"])
            written = ("休息" if lang == "zh" else "closed") if shut else f"{open_:02}:00–{close}:{minute}"
            cells.append(mark(f"h{n}_{m}", written))
            filled: Ways = {
                "en": tuple(w.format(area.en, en.lower() if k % 2 else en) for k, w in enumerate(_HOURS["en"])),
                "zh": tuple(w.format(area.zh, zh) for w in _HOURS["zh"]),
            }
            asks.append(Ask((f"h{n}_{m}",), filled))
        rows.append([zh if lang == "zh" else en, *cells])
    other = next(area for area in words("areas") if area not in areas)
    for en, zh in zip(_HOURS["en"], _HOURS["zh"], strict=True):
        asks.append(Ask((), {"en": (en.format(other.en, "Monday"),), "zh": (zh.format(other.zh, "周一"),)}))
    header = ["星期" if lang == "zh" else "Day", *(_capital(area.of(lang)) for area in areas)]
    head = "开放时间" if lang == "zh" else "Opening hours"
    return Document(lang, titled("hours", lang, chance), f"## {head}\n\n{markdown(header, rows)}", tuple(asks))


def contacts(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return a contact sheet as a table or as lines: asked by duty or by name."""
    roles = chance.sample(named("roles"), chance.randint(4, 8))
    table = chance.random() < 0.5
    lines, asks = [], []
    for n, role in enumerate(roles):
        person, deputy = value("person", chance).of(lang), value("person", chance).of(lang)
        phone, room = value("phone", chance).of(lang), value("room", chance).of(lang)
        cells = [mark(f"p{n}", person), mark(f"t{n}", phone), mark(f"r{n}", room), mark(f"d{n}", deputy)]
        lines.append([_capital(role.name.of(lang)), *cells])
        who: dict[str, tuple[tuple[str, ...], Ways]] = {
            "p": (role.ways["en"], {"zh": role.ways["zh"]}),
            "t": (_PHONE["en"], {"zh": _PHONE["zh"]}),
            "r": (_ROOM["en"], {"zh": _ROOM["zh"]}),
            "d": (_DEPUTY["en"], {"zh": _DEPUTY["zh"]}),
        }
        for part, (en, zh) in who.items():
            asked = {
                "en": tuple(w.format(role.name.en, person) for w in en),
                "zh": tuple(w.format(role.name.zh, person) for w in zh["zh"]),
            }
            asks.append(Ask((f"{part}{n}",), asked))
    asks += [Ask((), {t: tuple(w.format(lines[0][0], lines[0][0]) for w in _MAIL[t]) for t in ("en", "zh")})]
    asks += [Ask((), role.ways) for role in named("roles") if role not in roles][:3]
    header = (
        ["职责", "姓名", "电话", "地点", "代理人"] if lang == "zh" else ["Duty", "Name", "Phone", "Where", "Deputy"]
    )
    text = markdown(header, lines) if table else "\n".join(_contact_line(line, lang) for line in lines)
    return Document(lang, titled("contacts", lang, chance), text, tuple(asks))


def _contact_line(cells: Sequence[str], lang: str) -> str:
    if lang == "zh":
        return f"- {cells[0]}：{cells[1]}，电话{cells[2]}，{cells[3]}，休假时由{cells[4]}代理"
    return f"- {cells[0]}: {cells[1]}, phone {cells[2]}, {cells[3]}; when away {cells[4]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _of_row(ways: Ways, name: Value) -> Ways:
    return {"en": tuple(w.format(name.en) for w in ways["en"]), "zh": tuple(w.format(name.zh) for w in ways["zh"])}


_CODE_WAYS: Ways = {
    "en": ("order code of the {}", "which number do i order the {} under", "{} code?", "item no. {}"),
    "zh": ("{}的编号是多少", "订{}用哪个号", "{}编号"),
}
_NAME_WAYS: Ways = {
    "en": ("what is {}", "which article is behind {}", "{} - what's that"),
    "zh": ("{}是什么东西", "编号{}是哪个", "{}指的是什么"),
}
_HOURS: Ways = {
    "en": (
        "when does the {} open on {}",
        "{} hours {}",
        "until what time can i use the {} on {}",
        "is the {} open on {}",
    ),
    "zh": ("{}{}几点开", "{}{}开到几点", "{}{}开放时间", "{}{}开不开"),
}
_PHONE: Ways = {
    "en": ("phone number of the {}", "how do i ring {1}", "number of {1}", "call the {} - which number"),
    "zh": ("{}电话多少", "{1}的电话", "怎么打电话找{1}", "{}的号码"),
}
_ROOM: Ways = {
    "en": ("where does {1} sit", "where do i find the {}", "office of {1}"),
    "zh": ("{1}在哪里办公", "{}在什么地方", "到哪儿找{1}"),
}
_DEPUTY: Ways = {
    "en": ("who stands in for {1}", "{1} is on holiday, who else", "deputy for the {}"),
    "zh": ("{1}休假找谁", "{}不在谁代理", "谁代理{1}"),
}
_MAIL: Ways = {
    "en": ("mail address of the {}", "when does the {} work", "birthday of the {}"),
    "zh": ("{}的邮箱", "{}几点上班", "{}的生日"),
}
MAKERS: tuple[Callable[[Domain, str, random.Random], Document], ...] = (grid, grid, stock, stock, hours, contacts)
