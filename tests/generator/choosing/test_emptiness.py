"""What an empty cell means is quoted from the document that says it, if an empty one is asked for."""

from __future__ import annotations

import pytest
from small_documents import hits_of, reading_of, words_of

from generator.choosing.emptiness import legend, meaning_of_empty
from generator.choosing.measures import PassageMarks, measured
from retriever.search.search import Hit

_TICKETS = """# Tickets

An empty cell
means that it is not sold.

| Ticket | Adult | Child |
|---|---|---|
| Single | 3.00 | 1.50 |
| Monthly | 38.00 | |
"""
_HALLS = "# 场馆\n\n| 场地 | 平日 | 周末 |\n|---|---|---|\n| 舞蹈房 | 80 | - |\n\n空格表示不开放。\n"


def _meaning(hits: list[Hit], row: str, question: str) -> tuple[str, str] | None:
    """What is said and quoted of the meaning, where the row with these words was chosen."""
    readings = [reading_of(hit.passage.content) for hit in hits]
    found = measured(question, hits, readings, words_of(question), [PassageMarks()] * len(hits))
    (chosen,) = [each for each in found if row in each.window.text]
    said = meaning_of_empty(chosen, hits, question, words_of(question))
    if said is None:
        return None
    return said.text, hits[said.quote.hit].passage.text[said.quote.start : said.quote.end]


def test_the_sentence_that_says_so_is_quoted_as_it_stands() -> None:
    assert _meaning(hits_of(_TICKETS), "Monthly", "What does a child pay by the month?") == (
        "An empty cell means that it is not sold.",
        "An empty cell\nmeans that it is not sold.",
    )
    assert _meaning(hits_of(_HALLS), "舞蹈房", "舞蹈房周末多少钱？") == ("空格表示不开放。", "空格表示不开放。")


@pytest.mark.parametrize(
    ("text", "row", "question"),
    [
        (_TICKETS, "Monthly", "What does an adult pay by the month?"),  # not empty
        (_TICKETS, "Single", "What does a single cost?"),
        (_TICKETS, "An empty", "What does a child pay?"),  # no row
        (_TICKETS.replace("empty cell", "old card"), "Monthly", "What does a child pay by the month?"),
    ],
)
def test_nothing_is_added_where_nothing_empty_is_asked_for_or_nobody_says_what_it_means(
    text: str, row: str, question: str
) -> None:
    assert _meaning(hits_of(text), row, question) is None


def test_it_may_stand_in_another_passage_of_the_document_but_not_in_another_document() -> None:
    table = _TICKETS.replace("An empty cell\nmeans that it is not sold.\n", "")
    far = table + "\n# Notes\n\nBlank fields are not sold.\n"
    asked = "What does a child pay by the month?"

    assert _meaning(hits_of(far), "Monthly", asked) == ("Blank fields are not sold.",) * 2
    assert (
        _meaning(hits_of(table) + hits_of("Blank fields are not sold.\n", document="doc_2"), "Monthly", asked) is None
    )


def test_the_layout_of_a_row_knows_the_legend_of_its_document() -> None:
    table = _TICKETS.replace("An empty cell\nmeans that it is not sold.\n", "")
    asked = "What does a child pay by the month?"

    def known(text: str, row: str, question: str) -> str | None:
        hits = hits_of(text)
        readings = [reading_of(hit.passage.content) for hit in hits]
        found = measured(question, hits, readings, words_of(question), [PassageMarks()] * len(hits))
        (chosen,) = [each for each in found if row in each.window.text]
        return legend(chosen, hits, question, words_of(question))

    assert known(_TICKETS, "Monthly", asked) == "An empty cell means that it is not sold."
    assert known(_HALLS.replace("| - |", "| |"), "舞蹈房", "舞蹈房周末多少钱？") == "空格表示不开放。"
    assert known(_TICKETS, "Monthly", "What does an adult pay by the month?") is None
    assert known(table, "Monthly", asked) is None
