"""Rules that draft questions: what each makes of a document as teams write it, and what it leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.drafting.parts import drafts_of
from tuner.data.drafting.table import RULES

ENGLISH = """# Price list 2025

## Pools

| Ticket      | Adult | Seats | Notes |
|-------------|------:|------:|-------|
| Single swim |  5.80 |    12 | new   |
| Sauna       |     - |     4 |       |

## Frequently asked

### Can I bring my dog?

No, dogs stay outside. There is a hook at the door.

Thank you for asking.

## 3. Water tests

Test the water every two hours and write the result in the green book. It is kept for 9 days.

A turn on the stand lasts 30 minutes. The ferry left on 12 March.

- E17: the pump has no water
- two short blasts - attention of another guard
- From: somebody

A lifeguard is a person who watches the water.

This is a sentence about something.
"""
CHINESE = """# 仓库管理制度

## 二、夜班补贴

夜班每班补贴三十元，冷冻库另计。

| 班次 | 用餐时间 | 天数 |
|------|----------|-----:|
| 早班 | 10:30    |    8 |

每次借用不得超过15分钟。

盘点是指对库存货物的数量进行核对。
"""


def drafted(text: str) -> dict[str, tuple[str, str]]:
    """Return answers by question, each with the rule that made it."""
    found = drafts_of(text, "Price list 2025", markdown=True)
    return {each.question: (each.rule, " ".join(text[each.start : each.end].split())) for each in found}


def test_a_document_in_english_is_asked_what_a_person_would_ask() -> None:
    assert drafted(ENGLISH) == {
        "How much is Single swim (adult)?": ("cells", "5.80"),
        "How many seats does Single swim have?": ("cells", "12"),
        "How many seats does Sauna have?": ("cells", "4"),
        "Can I bring my dog?": ("faq", "No, dogs stay outside."),
        "What applies to water tests?": (
            "headings", "Test the water every two hours and write the result in the green book.",
        ),
        "A turn on the stand lasts how many minutes?": ("cloze", "A turn on the stand lasts 30 minutes."),
        'What does "E17" mean?': ("items", "the pump has no water"),
        'What does "two short blasts" mean?': ("items", "attention of another guard"),
        "What is a lifeguard?": ("definitions", "A lifeguard is a person who watches the water."),
    }  # fmt: skip


def test_a_document_in_chinese_is_asked_in_chinese() -> None:
    assert drafted(CHINESE) == {
        "关于夜班补贴有什么规定？": ("headings", "夜班每班补贴三十元，冷冻库另计。"),
        "早班的用餐时间是什么？": ("cells", "10:30"),
        "早班的天数是多少？": ("cells", "8"),
        "每次借用不得超过多少分钟？": ("cloze", "每次借用不得超过15分钟。"),
        "什么是盘点？": ("definitions", "盘点是指对库存货物的数量进行核对。"),
    }


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in [*drafted(ENGLISH).values(), *drafted(CHINESE).values()]} == {
        each.name for each in RULES
    }


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="abc #|-:\n\t1?？。是指的。A.", max_size=300), markdown=st.booleans())
def test_a_draft_stands_in_its_text_whatever_that_is(text: str, markdown: bool) -> None:
    for draft in drafts_of(text, "Title", markdown=markdown):
        assert 0 <= draft.start < draft.end <= len(text)
        assert draft.question.endswith(("?", "？"))


@pytest.mark.parametrize("text", ["", "\n\n", "No structure at all", "| a |\n|---|\n"])
def test_what_has_nothing_to_ask_gives_nothing(text: str) -> None:
    assert drafts_of(text, "", markdown=True) == []
