"""Documents that record: fault codes with remedies, minutes with tasks and corrections, changes by version."""

from __future__ import annotations

import random
from collections.abc import Callable

from tools.reader.synthetic.cases import Ask, Document
from tools.reader.synthetic.facts import Domain
from tools.reader.synthetic.marks import mark
from tools.reader.synthetic.tables import markdown, titled
from tools.reader.synthetic.values import Value, value
from tools.reader.synthetic.vocabulary import Ways, rows, words


def codes(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return a guide to fault codes, as a table or with a heading each: meaning and remedy, never the cause."""
    faults = chance.sample(rows("faults"), chance.randint(4, 8))
    letter, numbers = chance.choice("EFHKLNPQ"), chance.sample(range(1, 99), len(faults) + 1)
    form = f"{letter}{{}}" if chance.random() < 0.5 else f"{letter}{chance.choice('RTX')}-{{:02}}"
    table, parts, asks = [], [], []
    for n, (meaning, remedy, said) in enumerate(faults):
        code = form.format(numbers[n])
        told = [mark(f"code{n}", code), mark(f"m{n}", meaning.of(lang)), mark(f"r{n}", remedy.of(lang))]
        table.append(told)
        answer = f"处理：{told[2]}。" if lang == "zh" else f"What to do: {told[2]}."
        parts.append(f"### {code} {meaning.of(lang)}\n{answer}")
        spelt = code.replace("-", "").lower() if chance.random() < 0.3 else code
        asks.append(Ask((f"r{n}",), _remedy_ways(spelt, meaning, said)))
        asks.append(
            Ask(
                (f"m{n}",),
                {
                    "en": (f"what does {spelt} mean", f"meaning of {spelt}"),
                    "zh": (f"{spelt}是什么意思", f"{spelt}代表什么"),
                },
            )
        )
        asks.append(Ask((f"code{n}",), {"en": (f"which code comes when {said.en}",), "zh": (f"{said.zh}报什么代码",)}))
        asks.append(
            Ask(
                (),
                {
                    "en": (f"what is the reason for {spelt}", f"why does {spelt} come up"),
                    "zh": (f"{spelt}是什么原因引起的", f"为什么会报{spelt}"),
                },
            )
        )
    unknown = form.format(numbers[-1])
    asks.append(
        Ask(
            (),
            {
                "en": (f"what do i do about {unknown}", f"what does {unknown} mean"),
                "zh": (f"{unknown}怎么处理", f"{unknown}是什么意思"),
            },
        )
    )
    header = ["代码", "含义", "处理"] if lang == "zh" else ["Code", "Meaning", "Remedy"]
    if chance.random() < 0.5:
        return Document(lang, titled("codes", lang, chance), markdown(header, table), tuple(asks))
    asks = [ask for ask in asks if not any(key.startswith(("m", "code")) for key in ask.keys)]
    return Document(lang, titled("codes", lang, chance), "\n\n".join(parts), tuple(asks))


def _remedy_ways(code: str, meaning: Value, said: Value) -> Ways:
    return {
        "en": (
            f"what do i do about {code}",
            f"the display says {code}",
            f"{said.en}, how do i fix that",
            f"{code} {meaning.en} help",
        ),
        "zh": (f"{code}怎么处理", f"屏幕跳{code}怎么办", f"{said.zh}怎么弄", f"报{code}，该做什么"),
    }


def minutes(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return minutes: who does what until when, with a correction that overrules an earlier line."""
    lines, asks = [], []
    tasks = chance.sample(words("tasks"), 6)
    for n, task in enumerate(tasks[:4]):
        person, date = value("person", chance).of(lang), value("date", chance).of(lang)
        corrected = n == 0 and chance.random() < 0.7
        due = date if corrected else mark(f"d{n}", date)
        who = mark(f"p{n}", person)
        if lang == "zh":
            lines.append(chance.choice([f"{task.zh}由{who}负责，{due}前完成。", f"{who}在{due}前处理{task.zh}。"]))
        else:
            lines.append(
                chance.choice(
                    [f"{who} takes care of {task.en} until {due}.", f"{task.en.capitalize()}: {who}, by {due}."]
                )
            )
        if corrected:
            later = mark("d0", value("date", chance).of(lang))
            lines.append(
                f"更正：{task.zh}的期限是{later}，不是{date}。"
                if lang == "zh"
                else f"Correction: {task.en} is due on {later}, not on {date}."
            )
        asks.append(Ask((f"p{n}",), _of(task, _WHO)))
        asks.append(Ask((f"d{n}",), _of(task, _DUE)))
        asks.append(Ask((), _of(task, _COST)))
    asks += [Ask((), _of(tasks[4], _WHO)), Ask((), _of(tasks[5], _DUE))]
    money = mark("rent", value("money", chance).of(lang))
    lines.append(f"租金定为{money}。" if lang == "zh" else f"It was agreed to raise the rent to {money}.")
    asks.append(
        Ask(("rent",), {"en": ("how high is the rent now", "new rent"), "zh": ("租金定了多少", "现在租金是多少")})
    )
    numbered = [f"{n}. {line}" for n, line in enumerate(lines, 1)]
    text = "\n".join(numbered) if chance.random() < 0.6 else "\n\n".join(lines)
    return Document(lang, titled("minutes", lang, chance), text, tuple(asks))


def changes(_: Domain, lang: str, chance: random.Random) -> Document:
    """Return a change log: the version is asked for by the change, the change by its subject."""
    picked = chance.sample(rows("changes"), 8)
    parts, asks = [], []
    major, minor = chance.randint(1, 9), chance.randint(4, 12)
    for n in range(3):
        date = f"{chance.randint(2019, 2027)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        head = f"## {major}.{minor - n} ({date})"
        lines = []
        for m, (change, asked) in enumerate(picked[2 * n : 2 * n + 2]):
            key = f"v{n}_{m}"
            lines.append(f"- {mark(key, change.of(lang))}")
            version = f"{major}.{minor - n}"
            asks.append(
                Ask((key,), {"en": (asked.en, f"{asked.en} in {version}"), "zh": (asked.zh, f"{version}里{asked.zh}")})
            )
        parts.append(head + "\n" + "\n".join(lines))
    asks += [Ask((), {"en": (asked.en,), "zh": (asked.zh,)}) for _, asked in picked[6:]]
    asks.append(Ask((), {"en": (f"when will {major + 1}.0 come out",), "zh": (f"{major + 1}.0什么时候发布",)}))
    return Document(lang, titled("changes", lang, chance), "\n\n".join(parts), tuple(asks))


def _of(task: Value, ways: Ways) -> Ways:
    return {"en": tuple(w.format(task.en) for w in ways["en"]), "zh": tuple(w.format(task.zh) for w in ways["zh"])}


_WHO = {
    "en": ("who takes care of {}", "{}: whose job is it", "who got {} to do", "name of the person for {}"),
    "zh": ("{}归谁", "{}谁负责", "{}交给谁了", "谁在弄{}"),
}
_DUE = {
    "en": ("until when must {} be done", "deadline for {}", "{} - final date?", "by which day is {} due"),
    "zh": ("{}什么时候之前完成", "{}的期限", "{}最晚哪天", "{}几号要弄好"),
}
_COST = {"en": ("what do we pay for {}", "why is {} late"), "zh": ("{}花多少钱", "{}为什么拖了")}
MAKERS: tuple[Callable[[Domain, str, random.Random], Document], ...] = (codes, minutes, changes)
