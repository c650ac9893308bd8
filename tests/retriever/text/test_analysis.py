"""Terms: words, and the character pairs of CJK text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from retriever.text.analysis import cjk_share, codes, content_terms, content_words, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Annual Leave, 25 days!", ["annual", "leave", "25", "days"]),
        ("带薪年假", ["带薪", "薪年", "年假"]),
        ("假", ["假"]),
        ("请假，假。", ["请假", "假"]),
        ("员工的VPN账号", ["员工", "工的", "vpn", "账号"]),
        ("ＶＰＮ１２ ﬁle", ["vpn12", "file"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("snake_case don't a-b", ["snake", "case", "don", "t", "a", "b", "ab"]),
        ("カタカナ 한국어", ["カタ", "タカ", "カナ", "한국", "국어"]),
        ("人々は二〇二五年", ["人々", "々は", "は二", "二〇", "〇二", "二五", "五年"]),
        ("🙂 … —", []),
        ("", []),
    ],
)
def test_a_text_becomes_these_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Annual Leave, 25 days!", ["annual", "leave", "25", "days"]),
        ("员工的VPN账号", ["员", "工", "的", "vpn", "账", "号"]),
        ("カタ 한국", ["カ", "タ", "한", "국", "한국"]),
        ("…", []),
    ],
)
def test_words_of_cjk_text_are_its_characters(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_what_says_how_something_is_asked_is_left_out() -> None:
    assert content_words("What is the leave? 年假是什么") == ["leave", "年", "假"]
    assert content_terms("What is the leave? 年假是什么") == ["leave", "年假"]
    assert content_words("what is it") == content_terms("是什么") == []


def test_characters_that_normalise_to_the_same_text_give_the_same_terms() -> None:
    assert terms("cafe\u0301 年假") == terms("café 年假") == terms("ＣＡＦÉ\u3000年假")


@pytest.mark.parametrize(
    ("text", "expected"), [("年假 \n", 1.0), ("leave", 0.0), ("年 a", 0.5), ("", 0.0), (" \n", 0.0), ("年假ab。", 0.4)]
)
def test_the_share_of_cjk_characters_leaves_blanks_out(text: str, expected: float) -> None:
    assert cjk_share(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (("E4711", "E-4711", "e.4711", "E/4711", "E 4711", "e 4711"), "e4711"),
        (("PX041", "PX-041", "px 041", "PX_041", "PX\u2011041"), "px041"),
        (("4.6.2", "v4.6.2", "4-6-2", "v4/6/2"), "4.6.2"),
        (("/v2/boards", "v2-boards", "/v2/boards/{id}"), "v2boards"),
        (("16 GB", "16GB", "16-gb"), "16gb"),
        (("Wi-Fi", "wifi", "WI-FI"), "wifi"),
    ],
)
def test_a_code_is_the_same_term_however_its_parts_are_joined(written: tuple[str, ...], code: str) -> None:
    assert [(text, code in terms(f"See {text}.") and code in words(text)) for text in written] == [
        (text, True) for text in written
    ]


def test_the_parts_of_a_code_are_terms_too_and_different_codes_stay_apart() -> None:
    assert terms("E-4711") == ["e", "4711", "e4711"]
    assert codes("Does E-4711 need version 4.62, or PX041, or SARS-CoV-2?") == {
        "e4711": ["e", "4711"],
        "4.62": ["4", "62"],
    }
    assert "4.6.2" not in terms("4.62")
    assert "e4711" not in terms("e471-11")


@pytest.mark.parametrize(
    "text", ["state-of-the-art", "in 2024", "EUR 120", "AT 200", "and/or", "may 2024", "1,200", "the 19 of May", "a b"]
)
def test_words_that_are_no_code_are_not_joined(text: str) -> None:
    assert all(term.isalpha() or term.isdigit() for term in terms(text))
    assert len(terms(text)) == len(text.replace(",", " ").replace("-", " ").replace("/", " ").split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wie viele Urlaubstage haben die Lehrlinge im Jahr?", ["urlaubstage", "lehrlinge", "jahr"]),
        ("Combien de jours de congé ont les élèves ?", ["jours", "conge", "eleves"]),
        ("¿Cuántos días de vacaciones tienen los aprendices?", ["dias", "vacaciones", "aprendices"]),
        ("Quantos dias de férias têm os aprendizes?", ["dias", "ferias", "aprendizes"]),
        ("Сколько дней отпуска у учеников?", ["дней", "отпуска", "учеников"]),
        ("كم يوم إجازة للموظف؟", ["يوم", "اجازة", "للموظف"]),
        ("有給休暇は何日ですか", ["有給", "給休", "休暇", "暇は", "は何", "何日", "日で"]),
        ("What is the die size of a war game?", ["die", "size", "war", "game"]),
    ],
)
def test_function_words_are_those_of_the_language_of_the_question(text: str, expected: list[str]) -> None:
    assert content_terms(text) == expected


def test_scripts_without_blanks_share_terms_where_they_share_words() -> None:
    assert "วันลา" in terms("พนักงานมีวันลาพักร้อน")
    assert "วันลา" in terms("มีวันลากี่วัน")
    assert set(terms("ဝန်ထမ်းခွင့်ရက်")) & set(terms("ခွင့်ရက်ဘယ်နှစ်ရက်"))
    assert terms("छुट्टी कितने दिन।") == ["छुट्टी", "कितने", "दिन"]  # vowel signs are of the word


@given(st.text(max_size=80))
@configured(deadline=None, database=None, derandomize=True)
def test_terms_hold_no_blanks_and_content_is_part_of_them(text: str) -> None:
    for found in (terms(text), words(text)):
        assert all(term and not any(map(str.isspace, term)) for term in found)
    assert set(content_terms(text)) <= set(terms(text))


@pytest.mark.parametrize("piece", ["a1-", "A 12 ", "1.", "ก", "e\u0301", "16 ", "-", "__"])
def test_a_megabyte_of_joined_parts_takes_seconds_at_most(piece: str) -> None:
    assert len(terms(piece * (1_000_000 // len(piece)))) <= 1_000_000
