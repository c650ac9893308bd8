"""Office documents: words, headings, numbers, tables and places, of files made by hand."""

from __future__ import annotations

import pytest
from office_files import W, docx, ods, pptx, slide_table, slide_text, word, word_table, xlsx, zipped
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats import docx as word_reader
from retriever.documents.formats import pptx as slide_reader
from retriever.documents.formats import workbook

_STYLES = (
    f'<w:styles xmlns:w="{W}"><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="berschrift1"/></w:style></w:styles>'
)
_STYLED = {"s": ("styles", "styles.xml")}


def test_headings_are_those_of_the_styles_and_of_what_these_are_based_on() -> None:
    body = word("Leave", '<w:pStyle w:val="berschrift1"/>') + word("25 days.") + word("Sick", '<w:pStyle w:val="Own"/>')

    read = word_reader.read(docx(body, {"word/styles.xml": _STYLES}, _STYLED))

    assert (read.text, read.markdown) == ("# Leave\n\n25 days.\n\n# Sick", True)


def test_without_styles_a_short_bold_line_is_a_heading() -> None:
    bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Opening hours</w:t></w:r></w:p>"

    assert word_reader.read(docx(bold + word("From nine."))).text == "#### Opening hours\n\nFrom nine."


@pytest.mark.parametrize(
    ("kind", "shown", "expected"),
    [
        ("decimal", "%1.", ["1. a", "2. b", "  2.1 c", "3. d"]),
        ("chineseCounting", "第%1条", ["第一条 a", "第二条 b", "  二.1 c", "第三条 d"]),
        ("upperRoman", "(%1)", ["(I) a", "(II) b", "  II.1 c", "(III) d"]),
        ("bullet", "•", ["- a", "- b", "  2.1 c", "- d"]),
    ],
)
def test_the_numbers_that_word_writes_are_written(kind: str, shown: str, expected: list[str]) -> None:
    levels = f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{shown}"/></w:lvl>'
    levels += '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    numbering = f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
    numbering += '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>'

    def item(text: str, level: int) -> str:
        return word(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr>')

    body = item("a", 0) + item("b", 0) + item("c", 1) + item("d", 0)
    read = word_reader.read(docx(body, {"word/numbering.xml": numbering}, {"n": ("numbering", "numbering.xml")}))

    assert read.text.split("\n") == expected


def test_a_cell_that_spans_rows_or_columns_stands_in_each_of_its_places() -> None:
    down, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        [("Site", ""), ("Day", ""), ("Fee", "")],
        [("Bern", down), ("Monday", ""), ("12", "")],
        [("", on), ("closed", '<w:gridSpan w:val="2"/>')],
    ]

    read = word_reader.read(docx(word_table(rows)))

    assert [cell(read, "Monday", name) for name in ("Site", "Fee")] == ["Bern", "12"]
    assert [cell(read, "closed", name) for name in ("Site", "Day", "Fee")] == ["Bern", "closed", "closed"]


def test_only_headers_that_a_section_refers_to_are_read_and_deleted_text_is_not() -> None:
    deleted = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    body = word("Text.") + deleted + '<w:sectPr><w:headerReference r:id="h"/></w:sectPr>'
    texts = enumerate(["Unused", "Used"])
    parts = {f"word/h{n}.xml": f'<w:hdr xmlns:w="{W}">{word(text)}</w:hdr>' for n, text in texts}

    read = word_reader.read(docx(body, parts, {"h": ("header", "h1.xml"), "g": ("header", "h0.xml")}))

    assert read.text == "Used\n\nText."


def test_a_slide_is_a_page_in_the_order_of_the_list_with_its_title_first_and_its_notes() -> None:
    table = slide_table([["City", "Fee"], ["Bern", "12"]])
    slides = [slide_text("Body") + slide_text("Welcome", "title"), slide_text("Fees", "ctrTitle") + table]

    read = slide_reader.read(pptx(slides, {1: "Say it slowly"}))

    assert read.text.startswith("## Welcome\n\nBody\n\n## Fees\n\n| City")
    assert read.text.endswith("Notes: Say it slowly")
    assert cell(read, "Bern", "Fee") == "12"
    pages = {each.page: read.text[each.start : each.end] for each in read.blocks if each.kind == "page"}
    assert (pages[1], pages[2][:7]) == ("## Welcome\n\nBody", "## Fees")


def test_a_workbook_has_its_sheets_as_sections_and_its_cells_by_row_and_column() -> None:
    prices = [["Prices 2025"], [], ["City", "Fee", "Since"], ["Bern", 12.0, 45000.5], ["Basel", 12.5, None]]
    read = workbook.read(xlsx({"Fees": prices, "Empty": [], "Days": [["Day"], ["Monday"]]}))

    assert read.text.startswith("## Fees\n\nPrices 2025\n\n| City | Fee | Since |")
    assert "## Empty" not in read.text
    assert read.text.endswith("## Days\n\nDay\n\nMonday")
    assert [cell(read, city, "Fee") for city in ("Bern", "Basel")] == ["12", "12.5"]


def test_a_merged_cell_stands_in_each_of_its_rows() -> None:
    rows = [["Zone", "City", "Fee"], ["North", "Bern", 1], [None, "Basel", 2], ["South", "Lugano", 3]]

    read = workbook.read(xlsx({"S": rows}, merged="A2:A3"))

    assert [cell(read, city, "Zone") for city in ("Bern", "Basel", "Lugano")] == ["North", "North", "South"]


def test_tables_beside_each_other_on_a_sheet_are_two() -> None:
    left = [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"], [None, None], [None, None], [None, None]]
    right = [[None, None]] * 3 + [["c", "d"], ["7", "8"], ["9", "10"], ["11", "12"]]

    read = workbook.read(xlsx({"S": [[*one, None, *other] for one, other in zip(left, right, strict=True)]}))

    assert (cell(read, "5", "b"), cell(read, "9", "d"), cell(read, "9", "b")) == ("6", "10", None)


def test_an_opendocument_spreadsheet_is_a_workbook() -> None:
    read = workbook.read(ods([["City", "Fee"], ["Bern", "12"]]))

    assert read.text.startswith("## Prices")
    assert cell(read, "Bern", "Fee") == "12"


@pytest.mark.parametrize("reader", [word_reader, slide_reader, workbook])
@pytest.mark.parametrize("data", [b"PK\x03\x04", zipped({"a": "b"}), docx("")[:200]])
def test_what_is_damaged_is_refused_with_a_reason(reader: object, data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        reader.read(data)  # type: ignore[attr-defined]

    assert caught.value.code == "damaged"


def test_a_document_without_text_is_a_failure() -> None:
    with pytest.raises(UnreadableError) as caught:
        word_reader.read(docx(word(" ")))

    assert caught.value.code == "empty_document"
