"""Numbers that are written as words, in English and Chinese, rewritten as digits, so that equal values look equal."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from generator.citing.word_list import word_list

_UNITS = word_list("""zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen""")
_TENS = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_WORDS = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * place for place, word in enumerate(_TENS, start=2)
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS |= {f"{word}th": value for word, value in _WORDS.items() if value < 20 and value not in _ORDINALS.values()}
_ORDINALS |= {f"{word[:-1]}ieth": 10 * place for place, word in enumerate(_TENS, start=2)}
_ANY = "|".join(sorted([*_WORDS, *_SCALES, *_ORDINALS], key=len, reverse=True))
_RUN = re.compile(
    rf"\b(?:a\s+(?=hundred|thousand|million|billion))?(?:{_ANY})(?:(?:\s+and\s+|[\s-]+)(?:{_ANY}))*\b", re.I
)
# "one" is a pronoun here: "no one", "the one", "one of", "one should", "one another".
_NO_ONE = re.compile(r"\b(no|any|every|some|each|this|that|the|which|another|a)[\s-]$", re.I)
_ONE_WHO = re.compile(
    r"^\s*(of|another|can|could|should|must|may|might|is|was|has|would|will|or|and|who|that)\b|^\s*([.,;:?!)]|'s|$)",
    re.I,
)
_SECONDS = re.compile(r"(\d|\bper|\ban?|\bevery|\beach|\bone)[\s-]+$", re.I)

_DIGITS = {character: place for place, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_NUMERAL = f"[{''.join(_DIGITS)}{''.join(_POWERS)}]"
_CHINESE_RUN = re.compile(f"{_NUMERAL}+")
_CHINESE_DECIMAL = re.compile(rf"({_NUMERAL}+)点([零〇一二三四五六七八九]+)(?![十分刻半点时])")
_PARTS = re.compile(rf"({_NUMERAL}+|\d+(?:\.\d+)?)分之({_NUMERAL}+|\d+(?:\.\d+)?)")
_NO_NUMBER = re.compile("十分(?!钟|之)|千万(?=别|不|要|注)|万一|一一|百货|百科|千方百计|万能|百姓")
# What follows a single Chinese numeral where it is a number: measure words and units.
_MEASURE = (
    "个名位人只辆台张本件条头间座份种次遍倍成折杯瓶盒袋包层楼号页行班艘架家所套双对组门段克千公毫厘平立米吨斤升元块角毛"
    "岁天日周月年小时分秒点刻钟度国封支把颗棵朵片美欧英港韩法代世票期章节级等站处项"
)
_FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8"}
_TRADITIONAL = str.maketrans("點時號個萬億兩週鐘無沒別張歲塊樓層間頁", "点时号个万亿两周钟无没别张岁块楼层间页")


def with_digits(text: str) -> str:
    """Return the text in one normal form, its number words as digits: "twenty-five" 25, "第三" 第3, "fourth" 4th.

    Words that only look like numbers stay: "no one", "十分" (very), "一般" (in general).
    """
    for sign, plain in _FRACTIONS.items():
        text = text.replace(sign, f" {plain}")
    text = re.sub(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))", "", text)
    text = unicodedata.normalize("NFKC", text).translate(_TRADITIONAL).replace("’", "'").replace("−", "-")
    text = _RUN.sub(_english, text)
    text = _CHINESE_DECIMAL.sub(
        lambda found: f"{_chinese_value(found[1])}.{_chinese_value(found[2], plain=True)}", text
    )
    text = _PARTS.sub(_share, text)
    return _CHINESE_RUN.sub(_chinese, text)


def _english(found: re.Match[str]) -> str:
    before, after = found.string[: found.start()], found.string[found.end() :]
    words = [word for word in re.split(r"[\s-]+", found[0].lower()) if word not in ("and", "a")]
    if words == ["one"] and (_NO_ONE.search(before) or _ONE_WHO.match(after)):
        return found[0]
    if words == ["second"] and _SECONDS.search(before):
        return found[0]
    if words == ["first"] and after.startswith(","):
        return found[0]
    if words[0] in _SCALES and not found[0].lower().startswith("a"):  # "3 million": the digits are before it
        return found[0]
    return " ".join(_english_values(words))


def _english_values(words: list[str]) -> list[str]:
    """Return the numbers of a run of number words: one, or several where they do not add up to one."""
    values: list[str] = []
    total, part, floor = 0, 0, 1000  # `floor`: the next word must be smaller to belong to the same number
    begun = False
    for word in words:
        scale = _SCALES.get(word)
        value = _WORDS.get(word, _ORDINALS.get(word, 0))
        if scale is None and begun and (value >= floor or value == 0):
            values.append(str(total + part))
            total, part, begun = 0, 0, False
        if scale == 100:
            part, floor = max(part, 1) * 100, 100
        elif scale is not None:
            total, part, floor = total + max(part, 1) * scale, 0, 1000
        else:
            part, floor = part + value, 10 if value >= 20 else 0
        begun = True
        if word in _ORDINALS:
            values.append(f"{total + part}th")
            total, part, floor, begun = 0, 0, 1000, False
    return [*values, str(total + part)] if begun else values


def _share(found: re.Match[str]) -> str:
    whole, part = (_chinese_value(number) for number in found.groups())
    return f"{part}%" if whole == "100" else f"{part}/{whole}"


def _chinese(found: re.Match[str]) -> str:
    run, before, after = found[0], found.string[: found.start()], found.string[found.end() :]
    if _NO_NUMBER.match(found.string, max(found.start() - 1, 0)) or _NO_NUMBER.match(found.string, found.start()):
        return run
    if before[-1:].isdigit():  # "3万": the digits are before it
        return run
    if len(run) == 1 and not before.endswith(("第", "周", "星期", "礼拜")) and after[:1] not in _MEASURE:
        return run
    return run if not after and len(run) == 1 and not before else _chinese_value(run)


def _chinese_value(run: str, *, plain: bool = False) -> str:
    """Return the value of a Chinese numeral in digits; `plain` reads digit by digit, as after a decimal point."""
    if run[0].isascii():
        return run
    if plain or not any(character in _POWERS for character in run):
        return "".join(str(_DIGITS[character]) for character in run)
    total, section, digit = 0, 0, 0
    for character in run:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif (power := _POWERS[character]) < 10**4:
            section, digit = section + max(digit, 1) * power, 0
        else:
            total, section, digit = (
                (total + section + digit) * power if power > 10**4 else total + (section + digit or 1) * power,
                0,
                0,
            )
    if len(run) > 1 and run[-1] in _DIGITS and run[-2] in "百千万":  # 一千二: 1,200
        digit *= _POWERS[run[-2]] // 10
    return str(total + section + digit)


def decimal_of(written: str) -> Decimal:
    """Return the value of a number in digits: "1,234.5", "1.234.567", "1'000", and "1,5" with a decimal comma."""
    plain = written.replace("'", "")
    if re.fullmatch(r"\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", plain):
        plain = plain.replace(".", "")
    return Decimal(plain.replace(",", "."))
