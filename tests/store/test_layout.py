"""Layouts are stored with their passages and read again as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from store.layout import Box, Cell, ContextSpan, Layout, Statement, layout_as_text, read_layout

_TEXT = "| Single swim | 5.80 | a\\|b |"


def test_a_layout_is_read_as_it_was_stored() -> None:
    start = 100
    cells = tuple(
        Cell(column, start + begin, start + end, text)
        for column, begin, end, text in [
            ("Ticket", 2, 13, "Single swim"),
            ("Adult", 16, 20, "5.80"),
            ("", 23, 27, "a|b"),
        ]
    )
    layout = Layout(
        (
            Statement("row", start, start + len(_TEXT), 7, 42, (1, 0), cells),
            Statement("prose", start + 2, start + 8, 43, 50),
        ),
        (ContextSpan("header", 40, 60, "| Ticket | Adult | |"), ContextSpan("question", 0, 8, "Was “es”?")),
    )

    assert read_layout(layout_as_text(layout, start), start, _TEXT) == layout


def test_where_a_passage_stands_is_kept_and_layouts_of_before_lack_it() -> None:
    layout = Layout((Statement("prose", 5, 9, 0, 4),), (), "ocr", (Box(2, 70, 100, 300, 110),))

    assert read_layout(layout_as_text(layout, 5), 5, "text") == layout
    assert read_layout("[[],[],[[0,0,4,0,4,[]]]]", 5, "text") == Layout((Statement("prose", 5, 9, 0, 4),))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99), st.integers(0, 99)), max_size=6),
    st.integers(0, 10**7),
)
@configured(deadline=None, database=None, derandomize=True)
def test_any_statements_come_back(spans: list[tuple[int, int, int, int]], start: int) -> None:
    statements = tuple(Statement("item", start + a, start + b, c, d) for a, b, c, d in spans)

    assert read_layout(layout_as_text(Layout(statements), start), start, "0123456789") == Layout(statements)
