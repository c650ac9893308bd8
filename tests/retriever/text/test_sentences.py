"""Sentences as exact spans."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from retriever.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Version 3.5 costs 1.200,50 euros. Next.", ["Version 3.5 costs 1.200,50 euros.", "Next."]),
        ("Ask J. Smith of the U.S. Army. Or not.", ["Ask J. Smith of the U.S. Army.", "Or not."]),
        ("Days off, e.g. on Sundays, i.e. never.", ["Days off, e.g. on Sundays, i.e. never."]),
        (
            'He said "Stop." Then he (really!) left. "Why?" she asked.',
            ['He said "Stop."', "Then he (really!) left.", '"Why?" she asked.'],
        ),
        ("Wait... What?! Yes.", ["Wait... What?!", "Yes."]),
        ("It ends at 5. 30 people left.", ["It ends at 5.", "30 people left."]),
        ("See tandem.example.org/a.html for more.", ["See tandem.example.org/a.html for more."]),
        ("- first item\n- second item\n\nA line", ["- first item", "- second item", "A line"]),
        ("第一句。第二句！第三句？第四句；第五句", ["第一句。", "第二句！", "第三句？", "第四句；第五句"]),
        ("他说：“可以。”然后走了。", ["他说：“可以。”", "然后走了。"]),
        ("（见《手册》。）『好！』」完了", ["（见《手册》。）", "『好！』」", "完了"]),
        ("年假是15.5天。VPN 见 No. 5。", ["年假是15.5天。", "VPN 见 No. 5。"]),
        ("It is wrapped\nby hand. As\nhere.", ["It is wrapped\nby hand.", "As\nhere."]),
        ("See Dr. Who, St. Orlan, approx. Monday.", ["See Dr. Who, St. Orlan, approx. Monday."]),
        (
            "Open from 9 a.m. Monday to 5 p.m. The rest is free.",
            ["Open from 9 a.m. Monday to 5 p.m.", "The rest is free."],
        ),
        ("1. Close it. 2. Open it.", ["1. Close it.", "2. Open it."]),
        ("Version 4.6.2 is out. Nr. 5 is not.", ["Version 4.6.2 is out.", "Nr. 5 is not."]),
        ("Er beginnt am 3. Mai. Das kostet z. B. 5 Euro.", ["Er beginnt am 3. Mai.", "Das kostet z. B. 5 Euro."]),
        ("Il coûte 5 €. « Oui. » Non.", ["Il coûte 5 €.", "« Oui. »", "Non."]),
        ("Отпуск и т. д. также. Дней 28.", ["Отпуск и т. д. также.", "Дней 28."]),
        ("ما هو؟ الإجازة ٣٠ يوما۔ نعم.", ["ما هو؟", "الإجازة ٣٠ يوما۔", "نعم."]),
        ("छुट्टी पंद्रह दिन है। और कुछ नहीं।", ["छुट्टी पंद्रह दिन है।", "और कुछ नहीं।"]),
        ("休暇は15日です。申請は7日前です。", ["休暇は15日です。", "申請は7日前です。"]),
        ("연차는 15일입니다. 신청은 7일 전입니다.", ["연차는 15일입니다.", "신청은 7일 전입니다."]),
        (
            "พนักงานประจำมีสิทธิลาพักร้อนปีละ 15 วัน พนักงานต้องแจ้งล่วงหน้าอย่างน้อย 7 วัน",
            ["พนักงานประจำมีสิทธิลาพักร้อนปีละ 15 วัน", "พนักงานต้องแจ้งล่วงหน้าอย่างน้อย 7 วัน"],
        ),
        ("ร้าน อาหาร เปิด", ["ร้าน อาหาร เปิด"]),
        ("真的吗？！是。", ["真的吗？！", "是。"]),
        ("Mixed 中文。English. 再来。", ["Mixed 中文。", "English.", "再来。"]),
        ("", []),
        (" \n\u3000", []),
    ],
)
def test_a_text_is_cut_into_these_sentences(text: str, expected: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences(text)] == expected


_PIECES = st.sampled_from(
    [
        "One",
        "J",
        ".",
        "!",
        "?",
        " ",
        "\n",
        "。",
        "！",
        "”",
        "」",
        '"',
        ")",
        "[1]",
        "3.5",
        "年假",
        "🙂",
        "\u3000",
        "ก" * 30,
        "।",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=60))
@example("。。” .\n. A")
@configured(deadline=None, database=None, derandomize=True)
def test_sentences_are_exact_spans_in_order_that_hold_all_but_blanks(text: str) -> None:
    sentences = split_sentences(text)

    end = 0
    for sentence in sentences:
        assert not text[end : sentence.start].strip()
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        end = sentence.end
    assert not text[end:].strip()
