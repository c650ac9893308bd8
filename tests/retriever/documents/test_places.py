"""Pages, boxes and sources of passages are those of the words that they hold."""

from __future__ import annotations

import pytest

from retriever.documents.blocks import Block
from retriever.documents.places import Places
from store.layout import Box

_PLACES = Places(
    [
        Block("page", 0, 30, page=1),
        Block("box", 0, 10, page=1, box=(70, 100, 300, 110)),
        Block("box", 11, 20, page=1, box=(70, 112, 280, 122)),
        Block("box", 21, 30, page=1, box=(70, 400, 280, 410)),
        Block("page", 32, 60, page=4, source="ocr"),
        Block("box", 32, 60, page=4, box=(70, 100, 300, 110)),
    ]
)


@pytest.mark.parametrize(("start", "page"), [(0, 1), (29, 1), (31, 1), (32, 4), (99, 4)])
def test_a_place_is_on_the_page_that_begins_last_before_it(start: int, page: int) -> None:
    assert _PLACES.page(start) == page


@pytest.mark.parametrize(
    ("span", "source"), [((0, 30), "text"), ((25, 40), "ocr"), ((32, 33), "ocr"), ((0, 32), "text")]
)
def test_a_span_is_recognised_if_any_word_of_it_is(span: tuple[int, int], source: str) -> None:
    assert _PLACES.source(*span) == source


@pytest.mark.parametrize(
    ("span", "boxes"),
    [
        ((0, 5), [(1, 70, 100, 300, 110)]),
        ((5, 20), [(1, 70, 100, 300, 122)]),
        ((11, 30), [(1, 70, 112, 280, 122), (1, 70, 400, 280, 410)]),
        ((25, 40), [(1, 70, 400, 280, 410), (4, 70, 100, 300, 110)]),
        ((30, 32), []),
    ],
)
def test_the_boxes_of_a_span_are_its_lines_those_below_each_other_as_one(
    span: tuple[int, int], boxes: list[tuple[int, int, int, int, int]]
) -> None:
    assert list(_PLACES.boxes(*span)) == [Box(*each) for each in boxes]


def test_a_text_without_pages_has_none() -> None:
    nowhere = Places([Block("heading", 0, 5, 1, "Title")])

    assert (nowhere.page(3), nowhere.source(0, 5), nowhere.boxes(0, 5)) == (None, "text", ())
