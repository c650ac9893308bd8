"""The rule `cells`: what a table says of a row in a column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuner.data.drafting.rule import Draft, Part, Rule, lowered

_MONEY = re.compile(r"[$€£¥]|\b(?:EUR|USD|GBP|CHF|crowns?)\b|元")
_PRICES = re.compile(r"\b(?:price|fee|charge|tariff)s?|价|收费|费用|元", re.IGNORECASE)
_NO_PRICE = re.compile(
    r"人数|天数|次数|面积|数量|时间|星期|名额|号|\b(?:seats?|size|places|length|capacity|hours|days)\b", re.IGNORECASE
)
_TIMES = re.compile(r"\d{1,2}[:：]\d{2}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NO_COLUMN = {"notes", "note", "remarks", "remark", "comment", "comments", "no.", "#", "备注", "说明", "序号"}
_NO_VALUE = {
    "yes",
    "no",
    "n/a",
    "none",
    "是",
    "否",
    "有",
    "无",
    "照常",
    "同上",
}  # without their column these say nothing
_NO_NAME = {"total", "sum", "合计", "总计"}


def drafts(part: Part) -> Iterator[Draft]:
    """Yield a question for each cell of a row that has a name."""
    if part.unit.kind != "row" or len(part.unit.cells) < 2:
        return
    name, *cells = part.unit.cells
    called = name.text.strip()
    if not name.column or len(called) > 50 or not re.search(r"[^\W\d_]{2}", called) or called.casefold() in _NO_NAME:
        return
    for cell in cells:
        value, column = cell.text.strip(), cell.column.strip()
        if not value or not column or len(value) > 80 or len(column) > 40 or column.casefold() in _NO_COLUMN:
            continue
        if column.endswith(("?", "？")) or value.casefold() in _NO_VALUE:
            continue
        if re.search(r"[^\W_]", value):  # and not a dash for nothing
            yield Draft("cells", _question(part, called, column, value), cell.start, cell.end)


def _question(part: Part, name: str, column: str, value: str) -> str:
    number = _NUMBER.fullmatch(value) is not None
    named = _PRICES.search(f"{part.title} {part.heading} {column}") and not _NO_PRICE.search(column)
    costs = _MONEY.search(value) or (number and named)
    if part.chinese:
        return f"{name}（{column}）是多少钱？" if costs else f"{name}的{column}是{'多少' if number else '什么'}？"
    if costs and not _PRICES.search(column):
        return f"How much is {name} ({lowered(column)})?"
    if number and column.endswith("s"):
        return f"How many {lowered(column)} does {name} have?"
    if costs:
        return f"What is the {lowered(column)} of {name}?"
    if _TIMES.match(value):
        return f"What times are given for {lowered(column)} ({name})?"
    return f"What is the {lowered(column)} of {name}?"


CELLS = Rule("cells", drafts)
