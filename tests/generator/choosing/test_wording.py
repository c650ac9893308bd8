"""Wording: a window as an answer that stands alone, and the exact span that it quotes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from small_documents import hits_of, reading_of, words_of

from generator.choosing.measures import Measured, PassageMarks, measured
from generator.choosing.windows import windows
from generator.choosing.wording import asked_cell, is_empty, word
from retriever.models.span_reader import Span
from retriever.search.search import Hit
from store.layout import Cell, Layout, Statement, StatementKind, layout_as_text
from store.passages import Passage

_STEPS = """# Leave

Before you go:

- Tell your manager.
- Set a reply. It names your deputy.
- Return the keys.

## Pump

1. Open the valve.
2. Wait ten minutes. Do not smoke.
3. Close it.

## 入场

入场前请：

1. 出示会员卡。
2. 换鞋。
"""
_TICKETS = """# Tickets

| Ticket | Adult | Child |
|---|---|---|
| Single | 3.00 | 1.50 |
| Monthly | 38.00 | - |
"""
_HALLS = "# 场馆\n\n| 场地 | 平日 | 周末 |\n|---|---|---|\n| 舞蹈房 | 80 | 110 |\n| 琴房 | 30 | |\n"
_FAQ = """# FAQ

Q: May I bring a dog?
A: Yes, on a lead.

Q: How deep is it?
A: 3.5 metres at the mole.

问：水温呢？
答：-2 度以上。

## Can I pay by card?

Yes, from five euros.
"""


def _windows(text: str) -> list[tuple[Measured, int]]:
    hits = hits_of(text)
    readings = [reading_of(hit.passage.content) for hit in hits]
    return [
        (each, each.window.hit) for each in measured("", hits, readings, words_of(""), [PassageMarks()] * len(hits))
    ]


def _said(text: str, chosen: str, question: str) -> tuple[str, str]:
    """The text and the quote with which a question is answered, where a window with these words was chosen."""
    hits = hits_of(text)
    (window,) = [each for each, _ in _windows(text) if chosen in each.window.text]
    said = word(window, hits, question, words_of(question))
    return said.text, hits[said.quote.hit].passage.text[said.quote.start : said.quote.end]


def test_an_item_stands_behind_its_lead_in_and_quotes_itself() -> None:
    assert _said(_STEPS, "manager", "Who is the manager to be told?") == (
        "Before you go: Tell your manager.", "- Tell your manager.",
    )  # fmt: skip
    assert _said(_STEPS, "会员卡", "会员卡做什么？") == ("入场前请：出示会员卡。", "1. 出示会员卡。")
    assert _said(_STEPS, "valve", "What of the valve?") == ("1. Open the valve.", "1. Open the valve.")


def test_the_whole_list_is_quoted_if_the_question_is_about_the_list() -> None:
    said, quote = _said(_STEPS, "manager", "What is there to do before I go?")

    assert said == "Before you go: Tell your manager. - Set a reply. It names your deputy. - Return the keys."
    assert quote == "- Tell your manager.\n- Set a reply. It names your deputy.\n- Return the keys."
    assert _said(_STEPS, "换鞋", "入场前请做什么？")[1] == "1. 出示会员卡。\n2. 换鞋。"


def test_a_list_that_is_too_long_is_not_quoted_whole() -> None:
    text = "Before you go:\n\n" + "".join(
        f"- Take care of number {number} with all its parts.\n" for number in range(30)
    )

    assert _said(text, "number 7 ", "What is there before I go?") == (
        "Before you go: Take care of number 7 with all its parts.", "- Take care of number 7 with all its parts.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "question", "quote"),
    [
        ("valve", "What is the first step?", "1. Open the valve."),
        ("Close", "What is the second step?", "2. Wait ten minutes. Do not smoke."),
        ("valve", "What is step 3?", "3. Close it."),
        ("valve", "What is the last step?", "3. Close it."),
        ("manager", "What is the third thing to do?", "- Return the keys."),
        ("出示", "第二步是什么？", "2. 换鞋。"),
        ("出示", "最后一步是什么？", "2. 换鞋。"),
        ("valve", "What is step 4 with the valve?", "1. Open the valve."),  # there is none
        ("valve", "What is step 0 with the valve?", "1. Open the valve."),
        ("valve", "Who turns the valve in a second?", "1. Open the valve."),
    ],
)
def test_an_item_that_is_asked_for_by_its_place_is_quoted(chosen: str, question: str, quote: str) -> None:
    assert _said(_STEPS, chosen, question)[1] == quote


@pytest.mark.parametrize(
    ("text", "chosen", "question", "said"),
    [
        (_TICKETS, "Monthly", "What does an adult pay by the month?", "Ticket: Monthly; Adult: 38.00"),
        (_TICKETS, "Monthly", "What is a monthly ticket for an adult?", "Ticket: Monthly; Adult: 38.00"),
        (_TICKETS, "Monthly", "What does a child pay by the month?", "Ticket: Monthly; Child: (empty)"),
        (_TICKETS, "Single", "What does a single cost?", "Ticket: Single; Adult: 3.00; Child: 1.50"),
        (_TICKETS, "Monthly", "What does it cost?", "Ticket: Monthly; Adult: 38.00; Child: (empty)"),
        (_TICKETS, "Single", "Is it for an adult or a child?", "Ticket: Single; Adult: 3.00; Child: 1.50"),
        (_HALLS, "舞蹈房", "舞蹈房周末多少钱？", "场地：舞蹈房；周末：110"),
        (_HALLS, "琴房", "琴房周末多少钱？", "场地：琴房；周末：（空）"),
    ],
)
def test_a_cell_has_the_names_of_its_row_and_column(text: str, chosen: str, question: str, said: str) -> None:
    shown, quote = _said(text, chosen, question)

    assert shown == said
    assert quote.startswith("| ")
    assert chosen in quote


def test_the_column_whose_name_the_question_holds_is_asked_for() -> None:
    cells = [Cell(column, 0, 0, "x") for column in ("Ticket", "Adult", "Child price", "Dog price")]

    assert asked_cell(cells, words_of("a ticket for an adult")) == 1
    assert asked_cell(cells, words_of("price for a dog")) == 3
    assert asked_cell(cells, words_of("the price")) is None
    assert asked_cell(cells, words_of("a ticket")) is None
    assert asked_cell(cells[:1], words_of("a ticket")) is None
    assert asked_cell([], words_of("a ticket")) is None


@pytest.mark.parametrize(
    ("text", "empty"), [("", True), (" - ", True), ("—", True), ("–/–", True), ("0", False), ("-2", False)]
)
def test_a_dash_is_empty_and_a_zero_is_not(text: str, empty: bool) -> None:
    assert is_empty(Cell("Adult", 0, 0, text)) == empty


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("lead", "Yes, on a lead."),
        ("metres", "3.5 metres at the mole."),
        ("度", "-2 度以上。"),
        ("euros", "Yes, from five euros."),
    ],
)
def test_an_answer_is_said_without_its_mark_and_its_question(chosen: str, said: str) -> None:
    shown, quote = _said(_FAQ, chosen, "Well?")

    assert shown == said
    assert quote.endswith(said)


_PIECES = st.sampled_from(
    [
        _STEPS,
        _TICKETS,
        _HALLS,
        _FAQ,
        "One\nline. Two lines.",
        "```\na\nb\n```",
        "* x\n  1. y\n  2. z z. z.",
        "（一）甲。\n（二）乙。",
    ]
)
_QUESTIONS = st.sampled_from(
    ["What is the second step?", "Which child pays?", "周末多少钱？", "最后一项？", "Well?", ""]
)


@given(st.lists(_PIECES, min_size=1, max_size=3).map("\n\n".join), _QUESTIONS)
@configured(max_examples=40, deadline=None, database=None, derandomize=True)
def test_quotes_are_spans_of_whole_statements_in_the_passage_and_something_is_said(text: str, question: str) -> None:
    hits = hits_of(text)
    for window, number in _windows(text):
        said = word(window, hits, question, words_of(question))
        passage = hits[number].passage
        assert passage.layout is not None
        begins, ends = (
            [getattr(each, end) - passage.start for each in passage.layout.statements] for end in ("start", "end")
        )
        assert said.quote.hit == number
        assert said.quote.start in begins
        assert said.quote.end in ends
        assert 0 <= said.quote.start < said.quote.end <= len(passage.text)
        assert said.text.strip() == said.text != ""
        assert "\n" not in said.text


@pytest.mark.parametrize(
    "text", ["- " + "a." * 400_000, "A: " * 300_000, "1." * 400_000, "（一）" * 200_000, "-" * 800_000]
)
@pytest.mark.parametrize("kind", ["item", "answer"])
def test_a_statement_of_a_megabyte_is_worded_at_once(text: str, kind: StatementKind) -> None:
    text += " end"
    layout = layout_as_text(Layout((Statement(kind, 0, len(text), 0, len(text)),)), 0)
    passage = Passage("psg_1", "doc_1", "a.md", "", 1, 0, len(text), None, "", text, 1, text, layout)
    hits = [Hit(passage, 1.0, {}, None, [])]
    (window,) = windows(hits)
    span = Span(0, 1, 0.0)
    (like, *_) = _windows("- x\n")

    begun = time.process_time()
    said = word(replace(like[0], window=window, span=span), hits, "last step " * 400, words_of("step"))

    assert time.process_time() - begun < 5
    assert said.text.endswith("end")
