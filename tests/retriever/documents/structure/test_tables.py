"""Tables: each row is a statement with the names of its columns, and carries header and caption."""

from __future__ import annotations

import pytest
from cutting import Told, cut, layout_of, told
from fakes import HashEncoder

from retriever.documents.ingest import ingest_documents
from retriever.documents.reading import Reading
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Retriever
from retriever.settings import RetrieverSettings
from store.domains import Domain
from store.receiving import receive
from store.store import Store


def test_a_row_is_shown_with_the_names_of_its_columns_and_its_empty_cells() -> None:
    header = "| Ticket | Adult | Junior |"
    text = f"Prices in EUR:\n\n{header}\n|:--|--:|:-:|\n| Single *swim* | 5.80 | |\n| Monthly\\|pass | 38 | `a|b` |\n"

    context = (("title", "Prices in EUR:"), ("header", header))
    assert told(text)[1:] == [
        Told("row", "Ticket: Single swim; Adult: 5.80; Junior: -", context),
        Told("row", "Ticket: Monthly|pass; Adult: 38; Junior: `a; b`", context),
    ]


def test_a_chinese_table_has_chinese_signs() -> None:
    text = "本表适用于全部场地。\n\n| 场地 | 周末 |\n|---|---|\n| 舞蹈房 | 110 |\n| 录音间 | |\n"

    assert [each.shown for each in told(text)[1:]] == ["场地：舞蹈房；周末：110", "场地：录音间；周末：-"]


def test_outer_pipes_and_cells_may_be_missing() -> None:
    text = "Code | Meaning | Action\n--- | --- | ---\nE1 | jam | open it\nE2 | dust\n\nThe end | really.\n"

    assert [(each.kind, each.shown) for each in told(text)] == [
        ("row", "Code: E1; Meaning: jam; Action: open it"),
        ("row", "Code: E2; Meaning: dust; Action: -"),
        ("prose", "The end | really."),
    ]


def test_cells_are_exact_spans_under_their_columns() -> None:
    text = "| Room | Seats |\n|---|---|\n|  Attic |18|\n"
    (passage,) = cut(text)

    (row,) = layout_of(passage).statements
    assert [(cell.column, text[cell.start : cell.end], cell.text) for cell in row.cells] == [
        ("Room", "Attic", "Attic"),
        ("Seats", "18", "18"),
    ]
    assert passage.text == text.strip()


def test_a_passage_in_the_middle_of_a_table_names_the_columns_and_the_caption() -> None:
    rows = "".join(f"| PX-{number:03} | Rotor number {number} | {number} kg |\n" for number in range(60))
    passages = cut(f"# Parts\n\nTable 1: parts in stock\n\n| Part | Name | Weight |\n|---|---|---|\n{rows}")

    assert len(passages) > 2
    for passage in passages[1:]:
        assert passage.content.startswith("Parts\nTable 1: parts in stock\nPart: PX-")
        kinds = [span.kind for span in layout_of(passage).context]
        assert kinds == ["title", "header"]


def test_a_wide_row_is_cut_between_cells_and_each_part_names_its_row() -> None:
    names = [f"Column {number}" for number in range(40)]
    cells = [f"value number {number}" for number in range(40)]
    (head, rule, row) = ("| " + " | ".join(line) + " |" for line in (names, ["---"] * 40, cells))

    said = told(f"{head}\n{rule}\n{row}\n")

    assert len(said) > 1
    assert all(each.shown.startswith("Column 0: value number 0; ") and len(each.shown) <= 900 for each in said)
    assert all(sum(f"value number {number}" in each.shown.split("; ")[-1] or f": value number {number};" in each.shown
                   for each in said) >= 1 for number in range(40))  # fmt: skip


def test_columns_that_blanks_or_tabs_set_apart_are_a_table() -> None:
    aligned = (
        "Room        Seats   Price\n----------  -----   -----\nAttic       18      11.00\nMill Room   25      13.50\n"
    )
    tabbed = "Room\tSeats\tPrice\nAttic\t18\t11.00\nMill Room\t25\t13.50\n"

    for text in (aligned, tabbed):
        assert [(each.kind, each.shown) for each in told(text, markdown=False)] == [
            ("row", "Room: Attic; Seats: 18; Price: 11.00"),
            ("row", "Room: Mill Room; Seats: 25; Price: 13.50"),
        ]


_LANGUAGES = {
    "en": ("| Part number | Name | Weight | Price |", "PX-{0:04}", "Valve {0}", "{0} kg", "What does {0} cost?"),
    "zh": ("| 件号 | 名称 | 重量 | 价格 |", "PX-{0:04}", "阀门{0}", "{0}公斤", "{0}的价格是多少？"),
}


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("rows", [60, 500, 2000])
def test_a_part_is_found_by_its_number_and_by_its_name(
    store: Store, domain: Domain, reading: Reading, retriever: Retriever, plan: SearchPlan, language: str, rows: int,
) -> None:  # fmt: skip
    header, number, name, weight, question = _LANGUAGES[language]
    lines = [
        f"| {number.format(each)} | {name.format(each)} | {weight.format(each % 90)} | {each + 7} EUR |"
        for each in range(rows)
    ]
    text = "\n".join(["# Spare parts", "", header, "|---|---|---|---|", *lines])
    document, _ = receive(store, domain.id, "parts.md", text.encode(), title=None, media_type="text/markdown")
    ingest_documents(store, reading, HashEncoder(), RetrieverSettings(), [document])

    for each in range(3, rows, rows // 7):
        first = {}
        for asked in (number.format(each), name.format(each)):
            hits = retriever.search(domain.id, plan, Request(question.format(asked), 4, "lexical")).hits
            contents = [hit.passage.content for hit in hits]
            first[asked] = next(place for place, content in enumerate(contents) if number.format(each) in content)
        assert first[number.format(each)] == 0
        assert first[name.format(each)] <= 1, "the number in a name may be the price of another part"
