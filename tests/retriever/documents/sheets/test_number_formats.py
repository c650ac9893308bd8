"""Number formats: what a sheet shows of a value, where that is more than its digits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.documents.sheets.number_formats import show_by

_ACCOUNTING = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'
_DAY = datetime(2024, 3, 5, 14, 5)  # noqa: DTZ001  (cells know no time zone)


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (0.125, "0.0%", "12.5%"), (0.125, "0.0 %", "12.5%"), (0.125, "0.00%", "12.50%"), (-0.5, "0%", "-50%"),
        (0.125, "0%", "13%"), (0.07, "0%", "7%"), (-0.0004, "0%", "0%"), (1, "0%", "100%"),
        (1234567, "#,##0", "1,234,567"), (1234.5, "#,##0.00", "1,234.50"), (0, "#,##0", "0"), (999, "#,##0", "999"),
        (0.5, "#,##0.00", "0.50"), (1234567.891, "#,##0.###", "1,234,567.891"), (2, "#,##0.###", "2"),
        (12.5, '"$"#,##0.00', "$12.50"), (1234.5, "#,##0.00 [$€-407]", "1,234.50 €"),
        (1234.5, "[$¥-804]#,##0", "¥1,235"), (1_500_000, '0.0,,"M"', "1.5M"), (5, '0" kg"', "5 kg"),
        (42, "00000", "00042"),
        (1234.5, _ACCOUNTING, "$1,234.50"), (-1234.5, _ACCOUNTING, "-$1,234.50"), (0, _ACCOUNTING, "$-"),
        (-1234.5, "#,##0.00;[Red](#,##0.00)", "-1,234.50"), (-1234.5, "#,##0.00;[Red]-#,##0.00", "-1,234.50"),
        (_DAY, "mmm yyyy", "Mar 2024"), (_DAY, "d-mmm-yy", "5-Mar-2024"), (_DAY, "dddd, mmmm d, yyyy",
                                                                              "Tuesday, March 5, 2024"),
        (_DAY, 'yyyy"年"m"月"d"日"', "2024年3月5日"), (_DAY, "mmm d, h:mm AM/PM", "Mar 5, 2:05 PM"),
        (_DAY, "yyyy-mm", "2024-03"), (_DAY, "h:mm", "14:05"), (time(8, 30), "h:mm AM/PM", "08:30"),
        (date(2024, 3, 5), "mmmm yyyy", "March 2024"),
        (timedelta(hours=26, minutes=30), "[h]:mm", "26:30"), (timedelta(minutes=90, seconds=5), "[m]:ss", "90:05"),
    ],
)  # fmt: skip
def test_values_are_shown_as_the_sheet_shows_them(value: object, code: str, expected: str) -> None:
    show = show_by(code)

    assert show is not None
    assert show(value) == expected


@pytest.mark.parametrize("code", ["", "General", "0", "0.00", "@", "#", "0.00E+00", "# ?/?", "[>100]0;0.0", "000-0000"])
def test_what_says_no_more_or_is_not_understood_leaves_values_as_they_are(code: str) -> None:
    assert show_by(code) is None


@pytest.mark.parametrize("code", ["m/d/yyyy", "yyyy-mm-dd", "dd.mm.yy h:mm", "[$-407]mmmm yyyy"])
def test_days_in_figures_or_in_another_language_stay_iso(code: str) -> None:
    show = show_by(code)

    assert show is None or show(_DAY) is None


def test_a_format_of_numbers_leaves_texts_and_truths_alone() -> None:
    show = show_by("0.0%")

    assert show is not None
    assert [show(value) for value in ("n/a", True, None, float("inf"))] == [None] * 4


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_what_is_shown_is_the_value_to_the_places_that_are_shown(value: float, places: int) -> None:
    percent, grouped = show_by(f"0.{'0' * places}%" if places else "0%"), show_by(f"#,##0.{'0' * (places + 1)}")

    assert percent is not None
    assert grouped is not None
    exact = Decimal(f"{value:.15g}")
    step = Decimal(1).scaleb(-places)
    assert abs(Decimal((percent(value) or "").removesuffix("%")) - exact * 100) <= step / 2
    assert abs(Decimal((grouped(value) or "").replace(",", "")) - exact) <= step / 20


@given(st.text('0#?.,%;"\\[]$-hmsyd/E+@*_ AMP年', max_size=300), st.floats(allow_nan=False) | st.datetimes())
def test_no_format_fails(code: str, value: object) -> None:
    show = show_by(code)

    assert show is None or isinstance(show(value), str | None)
