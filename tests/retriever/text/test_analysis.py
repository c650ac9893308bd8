"""Terms: words, and the character pairs of CJK text."""

from __future__ import annotations

import pytest

from retriever.text.analysis import cjk_share, content_terms, content_words, terms, words


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
        ("snake_case don't a-b", ["snake", "case", "don", "t", "a", "b"]),
        ("カタカナ 한국어", ["カタ", "タカ", "カナ", "한국", "국어"]),
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
        ("カタ 한국", ["カ", "タ", "한", "국"]),
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
