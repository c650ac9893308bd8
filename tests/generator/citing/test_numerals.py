"""Number words are rewritten as digits, and words that only look like numbers are not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from generator.citing.numerals import decimal_of, with_digits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twenty-five days", "25 days"),
        ("one hundred and five", "105"),
        ("four hundred thousand and twelve", "400012"),
        ("a hundred crowns", "100 crowns"),
        ("from nine to five", "from 9 to 5"),
        ("the fourth of March", "the 4th of March"),
        ("on the twenty-first floor", "on the 21th floor"),
        ("员工每年享有十五天年假", "员工每年享有15天年假"),
        ("二〇二六年三月四日", "2026年3月4日"),
        ("三万五千", "35000"),
        ("一亿两千万", "120000000"),
        ("一千二", "1200"),
        ("百分之十二点五", "12.5%"),
        ("三分之一", "1/3"),
        ("三点五公里", "3.5公里"),
        ("八点三十分", "8点30分"),
        ("第三层，星期一", "第3层,星期1"),
        ("２５％", "25%"),
    ],
)
def test_number_words_become_digits(text: str, expected: str) -> None:
    assert with_digits(text) == expected


@pytest.mark.parametrize(
    "text",
    ["No one may enter", "one of them", "every second", "First, open it", "十分重要", "一般在早上", "一些人", "万一"],
)
def test_words_that_only_look_like_numbers_stay(text: str) -> None:
    assert with_digits(text).replace(",", "，") == text.replace(",", "，")


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,234.5", "1234.5"), ("1'000", "1000"), ("1.234.567", "1234567"), ("10,5", "10.5"), ("1,00,000", "100000")],
)
def test_numbers_are_read_however_their_digits_are_grouped(written: str, value: str) -> None:
    assert decimal_of(written) == Decimal(value)
