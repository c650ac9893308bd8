"""Invented values in English and Chinese: amounts, times, names, numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass

_DAYS = (
    ("Monday", "周一"),
    ("Tuesday", "周二"),
    ("Wednesday", "周三"),
    ("Thursday", "周四"),
    ("Friday", "周五"),
    ("Saturday", "周六"),
    ("Sunday", "周日"),
)
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_FIRST = [
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elsa",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kasia",
    "Luca",
    "Mina",
    "Nils",
    "Olga",
    "Pavel",
    "Rosa",
    "Samir",
    "Tilda",
    "Uwe",
    "Vera",
    "Wanda",
    "Yusuf",
    "Zoe",
    "Amit",
    "Beth",
    "Colin",
    "Dora",
    "Emil",
    "Fiona",
    "Gus",
    "Hana",
    "Ivo",
    "Jill",
    "Kofi",
    "Leon",
    "Maud",
    "Nora",
    "Otto",
    "Priya",
]
_LAST = [
    "Abbot",
    "Brandt",
    "Castellan",
    "Drury",
    "Eklund",
    "Falk",
    "Greaves",
    "Holm",
    "Ivory",
    "Jessop",
    "Kranz",
    "Lindley",
    "Mercer",
    "Novak",
    "Orton",
    "Pryce",
    "Quist",
    "Rask",
    "Sorrel",
    "Thorne",
    "Ude",
    "Vance",
    "Weller",
    "Yates",
    "Zeller",
    "Ashdown",
    "Birk",
    "Cole",
    "Dunmore",
    "Everett",
    "Fosse",
    "Garland",
    "Hartl",
    "Imrie",
]
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马苗方任袁柳鲍史唐薛雷"
_GIVEN = "明芳伟娜强丽军洋艳勇杰娟涛超霞平刚桂英玉兰建国文辉力斌鹏宇欣怡子涵雨泽一诺梦琪若曦浩然思远志高海燕春梅"
_UNITS = {
    "days": ("days", "天", 2, 30),
    "weeks": ("weeks", "周", 2, 12),
    "months": ("months", "个月", 2, 18),
    "years": ("years", "年", 2, 12),
    "hours": ("hours", "小时", 2, 72),
    "minutes": ("minutes", "分钟", 5, 90),
    "nights": ("nights", "晚", 2, 10),
    "pages": ("pages", "页", 20, 500),
}
_SPELT_EN = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_DIGITS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Value:
    """A value as it is written in each language."""

    en: str
    zh: str

    def of(self, lang: str) -> str:
        """Return the value in a language."""
        return self.zh if lang == "zh" else self.en


def chinese_number(number: int) -> str:
    """Return a number below 100 in Chinese digits."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def value(kind: str, chance: random.Random) -> Value:
    """Return a random value of a kind; `pick: a=甲; b=乙` takes one of the alternatives."""
    if kind.startswith("pick:"):
        en, _, zh = chance.choice(kind[5:].split(";")).strip().partition("=")
        return Value(en, zh)
    if kind in _UNITS:
        return _amount(kind, chance)
    return _MAKERS[kind](chance)


def _amount(kind: str, chance: random.Random) -> Value:
    en, zh, low, high = _UNITS[kind]
    number = chance.choice([chance.randint(low, min(high, low + 10)), chance.randint(low, high)])
    if kind == "minutes" and chance.random() < 0.7:
        number = max(5, number // 5 * 5)
    spelt = number < len(_SPELT_EN) and chance.random() < 0.4
    digits = chinese_number(number) if number < 100 and chance.random() < 0.35 else str(number)
    return Value(f"{_SPELT_EN[number] if spelt else number} {en}", digits + zh)


def _money(chance: random.Random) -> Value:
    whole = chance.choice([chance.randint(2, 30), chance.randint(3, 40) * 5, chance.randint(2, 60) * 25])
    cents = chance.choice(["", "", ".50", ".00", ".80", f".{chance.randint(10, 99)}"])
    sign = chance.choice(["€{}", "{} EUR", "EUR {}", "${}", "£{}", "{} euros"])
    if sign == "{} euros":
        cents = ""
    plain = f"{whole}{cents}"
    written = chinese_number(whole) if whole < 100 and not cents and chance.random() < 0.3 else plain
    return Value(sign.format(plain), written + chance.choice(["元", "元", "块钱"] if not cents else ["元"]))


def _time(chance: random.Random) -> Value:
    hour, minute = chance.randint(6, 22), chance.choice([0, 0, 15, 30, 30, 45])
    written = chance.choice([f"{hour:02}:{minute:02}", f"{hour}:{minute:02}", f"{hour}.{minute:02}"])
    if chance.random() < 0.25:
        written = f"{(hour - 1) % 12 + 1}{f':{minute:02}' if minute else ''} {'am' if hour < 12 else 'pm'}"
    half = {0: "点", 30: "点半"}.get(minute)
    spoken = f"{'上午' if hour < 12 else '下午' if hour < 18 else '晚上'}{chinese_number((hour - 1) % 12 + 1)}{half}"
    return Value(written, spoken if half and chance.random() < 0.3 else f"{hour}:{minute:02}")


def _date(chance: random.Random) -> Value:
    day, month = chance.randint(1, 28), chance.randint(1, 12)
    name = _MONTHS[month - 1]
    return Value(chance.choice([f"{day} {name}", f"{name} {day}", f"{day} {name[:3]}"]), f"{month}月{day}日")


def _person(chance: random.Random) -> Value:
    given = "".join(chance.sample(_GIVEN, chance.choice([1, 2, 2])))
    return Value(f"{chance.choice(_FIRST)} {chance.choice(_LAST)}", chance.choice(_SURNAMES) + given)


def _measure(low: int, high: int, step: int, en: tuple[str, ...], zh: str, chance: random.Random) -> Value:
    number = chance.randint(low, high) * step
    return Value(f"{number} {chance.choice(en)}", f"{number}{zh}")


def _room(chance: random.Random) -> Value:
    letter, number, floor = chance.choice("ABCDEF"), chance.randint(1, 40), chance.randint(1, 5)
    return chance.choice(
        [
            Value(f"room {letter}{number}", f"{letter}{number}室"),
            Value(f"building {letter}, room {number}", f"{letter}楼{number}号"),
            Value(f"room {floor}{number:02}", f"{floor}{number:02}房间"),
        ]
    )


def _phone(chance: random.Random) -> Value:
    short = f"{chance.randint(10, 99)}{chance.randint(10, 99)}"
    long = f"0{chance.randint(20, 99)} {chance.randint(100, 999)} {chance.randint(1000, 9999)}"
    return Value(chance.choice([short, f"ext. {short}", long]), chance.choice([short, f"分机{short}", long]))


def _model(chance: random.Random) -> Value:
    letters, zeros = chance.choice("ABDGHKMPRTX") + chance.choice("RSTVX"), chance.choice(["0", "5", "00"])
    name = f"{letters}-{chance.randint(1, 9)}{zeros}"
    return Value(name, name)


def _weekday(chance: random.Random) -> Value:
    return Value(*chance.choice(_DAYS))


def _count(chance: random.Random) -> Value:
    number = chance.choice([chance.randint(2, 12), chance.randint(4, 60)])
    spelt = number < len(_SPELT_EN) and chance.random() < 0.4
    return Value(
        _SPELT_EN[number] if spelt else str(number), chinese_number(number) if chance.random() < 0.3 else str(number)
    )


def _percent(chance: random.Random) -> Value:
    number = chance.choice([chance.randint(1, 19) * 5, chance.randint(1, 99)])
    tenths = f"{_DIGITS[number // 10]}成" if number % 10 == 0 and number < 100 else f"{number}%"
    return Value(
        chance.choice([f"{number} %", f"{number}%", f"{number} per cent"]),
        chance.choice([f"{number}%", f"百分之{chinese_number(number)}", tenths]),
    )


def _month(chance: random.Random) -> Value:
    number = chance.randrange(12)
    return Value(_MONTHS[number], f"{number + 1}月")


_MAKERS = {
    "money": _money,
    "time": _time,
    "date": _date,
    "person": _person,
    "room": _room,
    "phone": _phone,
    "model": _model,
    "weekday": _weekday,
    "month": _month,
    "count": _count,
    "percent": _percent,
    "temp": lambda chance: _measure(-20, 240, 1, ("°C", "degrees"), "度", chance),
    "weight": lambda chance: _measure(1, 60, chance.choice([1, 5, 50]), ("kg", "kilos", "g"), "公斤", chance),
    "length": lambda chance: _measure(1, 40, chance.choice([1, 5, 10]), ("cm", "m", "mm", "metres"), "米", chance),
    "speed": lambda chance: _measure(1, 30, chance.choice([1, 5, 100]), ("km/h", "rpm", "m/s"), "公里", chance),
    "size": lambda chance: _measure(1, 64, chance.choice([1, 4, 10]), ("GB", "MB"), "GB", chance),
    "age": lambda chance: _measure(5, 21, 1, ("years",), "岁", chance),
}
DAYS = _DAYS
