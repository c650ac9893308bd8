"""The structure of texts as teams write them: what is a statement, and what each statement needs."""

from __future__ import annotations

from time import process_time

import pytest
from cutting import Told, cut, layout_of, told
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from retriever.documents.structure.parsing import units
from retriever.settings import ChunkerSettings


def test_a_wrapped_paragraph_is_one_and_its_sentences_are_whole() -> None:
    text = "The north gate is closed when the wind\nreaches force nine, and\nopened again later. It is\nlocked.\n"

    assert told(text) == [
        Told("prose", "The north gate is closed when the wind reaches force nine, and opened again later."),
        Told("prose", "It is locked."),
    ]
    assert cut("员工每年\n享有年假；未休的\n可以顺延。")[0].content == "员工每年享有年假；未休的可以顺延。"


def test_a_list_item_carries_the_line_before_the_list_and_its_wrapped_lines() -> None:
    text = "The pool has two floors. It contains:\n\n- two slides,\n  one of them\n  closed\n- a café\n\nIt is warm.\n"

    lead = ("lead_in", "The pool has two floors. It contains:")
    assert told(text)[2:] == [
        Told("item", "- two slides, one of them closed", (lead,)),
        Told("item", "- a café", (lead,)),
        Told("prose", "It is warm."),
    ]


@pytest.mark.parametrize(
    "marks",
    [("-", "-"), ("*", "*"), ("+", "+"), ("•", "•"), ("1.", "2."), ("1)", "2)"), ("a)", "b)"), ("(1)", "(2)"),
     ("（一）", "（二）"), ("①", "②"), ("一、", "二、"), ("1.1", "1.2"), ("(a)", "(b)")],
)  # fmt: skip
def test_items_of_every_mark_are_statements_with_their_marks(marks: tuple[str, str]) -> None:
    first, second = marks
    text = f"Bring with you:\n{first} the key of the shed;\n{second} the torch,\nif it is dark.\n"

    said = told(text)

    assert [each.kind for each in said] == ["prose", "item", "item"]
    assert [each.shown for each in said[1:]] == [
        f"{first} the key of the shed;",
        f"{second} the torch, if it is dark.",
    ]
    assert {each.context for each in said[1:]} == {(("lead_in", "Bring with you:"),)}


def test_a_step_within_a_step_carries_the_steps_above() -> None:
    text = "1. Save your work.\n2. Restart:\n   - X2: hold both keys\n   - X3: hold the power key\n3. Log in.\n"

    assert told(text) == [
        Told("item", "1. Save your work."),
        Told("item", "2. Restart:"),
        Told("item", "- X2: hold both keys", (("lead_in", "2. Restart:"),)),
        Told("item", "- X3: hold the power key", (("lead_in", "2. Restart:"),)),
        Told("item", "3. Log in."),
    ]


def test_a_clause_carries_its_stem_and_a_number_at_the_beginning_of_a_wrapped_line_is_none() -> None:
    text = (
        "1.1 Returns are checked under rule\n1.3 by two persons.\n\n1.2 The following is not taken back:\n"
        "(a) opened packs,\n(b) bags.\n"
    )

    stem = ("clause", "1.2 The following is not taken back:")
    assert told(text) == [
        Told("item", "1.1 Returns are checked under rule 1.3 by two persons."),
        Told("item", "1.2 The following is not taken back:"),
        Told("item", "(a) opened packs,", (stem,)),
        Told("item", "(b) bags.", (stem,)),
    ]


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("### Can I bring a pet?\n\nYes, if small.\n", "Can I bring a pet?", "Yes, if small."),
        ("Q: Can I bring\na pet?\nA: Yes, if small.\n", "Q: Can I bring\na pet?", "A: Yes, if small."),
        ("**Q: Can I bring a pet?**\n\nA: Yes, if\nsmall.\n", "Q: Can I bring a pet?", "A: Yes, if small."),
        ("Question: May I?\nAnswer: Yes, if small.\n", "Question: May I?", "Answer: Yes, if small."),
        ("问：可以带宠物吗？\n答：可以。\n", "问：可以带宠物吗？", "答：可以。"),
        ("问题: 可以带宠物吗？\n回答: 可以。\n", "问题: 可以带宠物吗？", "回答: 可以。"),
        ("**Can I bring a pet?**\n\nYes, if small.\n", "Can I bring a pet?", "Yes, if small."),
        ("Can I bring a pet?\n\nYes, if small.\n", "Can I bring a pet?", "Yes, if small."),
    ],
)
def test_an_answer_carries_its_question(text: str, question: str, answer: str) -> None:
    assert told(f"{text}\n")[-1] == Told("answer", answer, (("question", question),))


def test_a_question_is_no_answer_to_the_one_before() -> None:
    said = told("Q: And pens?\nA: Four weeks.\n\nQ: Opened vials?\nA: A day. Write it down.\n")

    assert [(each.kind, each.context) for each in said] == [
        ("question", ()),
        ("answer", (("question", "Q: And pens?"),)),
        ("question", ()),
        ("answer", (("question", "Q: Opened vials?"),)),
        ("answer", (("question", "Q: Opened vials?"),)),
    ]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Setup guide\n===========\n\nBody.", "Setup guide"),
        ("1. On the stand\n---------------\nBody.", "1. On the stand"),
        ("安全须知\n--------\nBody.", "安全须知"),
        ("## 标题\nBody.", "标题"),
        ("##标题\n\nBody.", "标题"),
        ("第一条　租用场地\n\nBody.", "第一条 租用场地"),
        ("第二章 收货\nBody.", "第二章 收货"),
        ("一、班次\n\nBody.", "一、班次"),
        ("（一）库区\nBody.", "（一）库区"),
        ("1. Scope\n\nBody.", "1. Scope"),
        ("OPENING HOURS\n\nBody.", "OPENING HOURS"),
        ("【财务】\nBody.", "财务"),
        ("**Fees**\n\nBody.", "Fees"),
        ("# *Annual* [report](http://x.example)\n\nBody.", "Annual report"),
    ],
)
def test_this_is_a_heading(text: str, heading: str) -> None:
    assert [(passage.heading, passage.text) for passage in cut(text, markdown=False)] == [(heading, "Body.")] or [
        (passage.heading, passage.text) for passage in cut(text)
    ] == [(heading, "Body.")]


@pytest.mark.parametrize(
    "text",
    [
        "1. Close the main valve.\n2. Remove the screws.\n",
        "1. Close the main valve\n\n2. Remove the screws\n",
        "第一条 为了规范考勤，制定本办法。\n第二条 本办法适用于全体员工。\n",
        "一、苹果\n二、香蕉\n",
        "Ines\n--------------------------------------------------------------\nFrom there on.",
        "The end.\n---\nMore.",
        "| a | b |\n---\n",
        "```\n# a comment\n```\n",
        "From: Ines Carrow\n\nText.",
    ],
)
def test_this_has_no_heading(text: str) -> None:
    assert {passage.heading for passage in cut(text)} == {""}


def test_a_few_words_between_blank_lines_of_plain_text_are_a_heading_but_no_signature_is() -> None:
    body = "The hall is open from nine in the morning until late at night."
    text = f"Opening hours\n\n{body}\n\nWhat you need\n\n- a torch\n\nBest regards\n\nPetra\n"

    passages = cut(text, markdown=False)

    assert [(each.heading, each.text) for each in passages] == [
        ("Opening hours", body),
        ("What you need", "- a torch\n\nBest regards\n\nPetra"),
    ]
    assert {each.heading for each in cut(text)} == {""}
    assert {each.heading for each in cut(f"From: Ines\nDate: today\n\nDear Sami\n\n{body}\n", markdown=False)} == {""}


def test_a_fence_within_a_fence_keeps_the_headings_behind_it() -> None:
    text = "# One\n\n```markdown\n# no\n```sh\nls\n```\n```\n\n# Two\n\n~~~\n# no\n~~~\n\nEnd.\n\n```\n# Three\n\nx\n"

    assert [passage.heading for passage in cut(text)] == ["One", "Two", "Three"]


def test_code_is_shown_as_it_is_with_what_it_is_for() -> None:
    assert told("Start it *again*:\n\n```\nquill_ctl  --now\n\n  x = 1\n```\n") == [
        Told("prose", "Start it again:"),
        Told("code", "quill_ctl  --now\n\n  x = 1", (("lead_in", "Start it *again*:"),)),
    ]


def test_lines_of_keys_and_values_and_of_columns_stand_for_themselves() -> None:
    text = (
        "Company: Tarn AB\nPhone: +46 18\n联系人：王丽\n电话：0571\n\n one blast   - attention\n two blasts  - help\n"
    )

    assert [(each.kind, each.shown) for each in told(text, markdown=False)] == [
        ("item", "Company: Tarn AB"),
        ("item", "Phone: +46 18"),
        ("item", "联系人：王丽"),
        ("item", "电话：0571"),
        ("item", "one blast - attention"),
        ("item", "two blasts - help"),
    ]


def test_the_lines_of_a_record_carry_what_it_is_about() -> None:
    said = told("【财务】\n姓名：贺敏\n办公室：303\n分机：830\n")

    assert said == [
        Told("item", "姓名：贺敏"),
        Told("item", "办公室：303", (("lead_in", "姓名：贺敏"),)),
        Told("item", "分机：830", (("lead_in", "姓名：贺敏"),)),
    ]


def test_what_stands_in_a_message_carries_who_wrote_it_and_when() -> None:
    text = (
        "From: Ines\nTo: all\nDate: 12 June\n\nWe move on Sunday.\n\n-----\nFrom: Sami\nDate: 11 June\n\nOn Saturday.\n"
    )

    said = told(text, markdown=False)

    assert [each.context for each in said if each.kind == "prose"] == [
        (("title", "From: Ines"), ("title", "Date: 12 June")),
        (("title", "From: Sami"), ("title", "Date: 11 June")),
    ]
    assert len(cut(text, markdown=False)) == 2


def test_indented_lines_below_a_line_with_a_colon_are_its_items() -> None:
    lead = ("lead_in", "You need:")

    assert told("You need:\n   a torch\n   a map\n     of the area\n", markdown=False)[1:] == [
        Told("item", "a torch", (lead,)),
        Told("item", "a map of the area", (lead,)),
    ]


def test_a_quote_is_shown_without_its_marks() -> None:
    assert told("> The gate\n> is shut. It\n> opens at nine.\n") == [
        Told("prose", "The gate is shut."),
        Told("prose", "It opens at nine."),
    ]


_LINES = st.sampled_from(
    ["# A", "## B?", "text", "More text. And", "ends here.", "- item", "  - inner", "1. one", "2. two:", "1.1 clause",
     "| a | b |", "|---|---|", "| 1 | `x|y` \\| z |", "> quoted", "```", "```sh", "Key: value", "Q: Why?", "A: So.",
     "问：几点？", "答：九点。", "第一条　范围", "一、总则", "（一）甲", "===", "---", "", "", "   deep", "a    b"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=25).map("\n".join), st.booleans())
@configured(max_examples=300, deadline=None, database=None, derandomize=True)
def test_units_are_in_order_and_do_not_overlap_and_quote_the_text(text: str, markdown: bool) -> None:
    end = 0
    for unit in units(text, markdown=markdown):
        assert end <= unit.start <= unit.body <= unit.end <= len(text)
        assert unit.outer <= unit.start < unit.end
        end = unit.end
        for span in unit.context:
            assert text[span.start : span.end] == span.quote != ""
        for cell in unit.cells:
            assert text[cell.start : cell.end].replace("\\|", "|") == cell.text


@given(st.lists(_LINES, max_size=25).map("\n".join), st.booleans(), st.sampled_from([(20, 60), (500, 900)]))
@configured(max_examples=200, deadline=None, database=None, derandomize=True)
def test_statements_lie_in_their_passages_and_in_its_content(text: str, markdown: bool, sizes: tuple[int, int]) -> None:
    settings = ChunkerSettings(latin=sizes, cjk=sizes)
    passages = cut(text, markdown=markdown, sizes=settings)

    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        layout, start, shown = layout_of(passage), passage.start, 0
        assert layout.statements
        for each in layout.statements:
            assert start <= each.start < each.end <= passage.end
            assert shown <= each.shown_start < each.shown_end <= len(passage.content)
            start, shown = each.end, each.shown_end
        for span in layout.context:
            assert text[span.start : span.end] == span.quote
    assert passages == cut(text, markdown=markdown, sizes=settings)


@pytest.mark.parametrize(
    "hostile",
    ["[", "|", ">", "`", "*", "_a_ ", "[a](", "| a\n", "```a\n", "> ", "- a\n", "1. a\n", "Key: a\n", ". ", "\\",
     "\n" + "  " * 40 + "- a"],
)  # fmt: skip
def test_a_hostile_text_takes_time_in_proportion_to_its_size(hostile: str) -> None:
    def spent(size: int) -> float:
        begun = process_time()
        cut(hostile * (size // len(hostile)))
        return process_time() - begun

    small = min(spent(10_000) for _ in range(2))
    assert min(spent(40_000) for _ in range(2)) < 9 * small + 0.2
