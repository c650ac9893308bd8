"""HTML and books: what can be seen, with its structure, in the order in which it is read."""

from __future__ import annotations

import pytest
from office_files import epub, zipped
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats import epub as book_reader
from retriever.documents.formats import html

_TABLE = (
    "<table><tr><th>Site<th>Day<th>Fee</tr><tr><td rowspan=2>Bern<td>Monday<td>12</tr>"
    "<tr><td colspan=2>closed</tr><tr><td>Basel<td>Tuesday<td>9 | 10</tr></table>"
)


def test_headings_lists_code_and_paragraphs_are_written_and_scripts_are_not() -> None:
    page = (
        b"<title>Handbook</title><style>p{}</style><h1>Handbook</h1><p>Leave<br>is <b>25</b>\n days.</p>"
        b"<script>var x</script>"
        b"<h2>Steps</h2><ol><li>Ask<ul><li>in time</ul><li><p>Go</ol><pre>a  b\n c</pre>&lt;end&gt;"
    )

    read = html.read(page)

    assert read.text == (
        "# Handbook\n\nLeave\nis 25 days.\n\n## Steps\n\n1. Ask\n  - in time\n2. Go\n\n```\na  b\n c\n```\n\n<end>"
    )


def test_a_cell_that_spans_rows_or_columns_stands_in_each_of_its_places() -> None:
    read = html.read(_TABLE.encode())

    assert [cell(read, "Monday", name) for name in ("Site", "Fee")] == ["Bern", "12"]
    assert [cell(read, "closed", name) for name in ("Site", "Day", "Fee")] == ["Bern", "closed", "closed"]
    assert cell(read, "Basel", "Fee") == "9 | 10"


def test_a_table_that_only_arranges_a_page_is_none() -> None:
    read = html.read(b"<table><tr><td><h2>News</h2><p>Open.<td><table><tr><td>a<td>b<tr><td>1<td>2</table></table>")

    assert read.text == "## News\n\nOpen.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize("written", ["gb18030", "gbk"])
def test_chinese_that_declares_less_than_it_is_written_in_is_read(written: str) -> None:
    text = (
        "第一条 为了保护历史文化名城㐀，\n制定本条例。" if written == "gb18030" else "第一条 保护名城，\n制定本条例。"
    )
    page = f'<meta charset="gb2312"><p>{text}</p>'.encode(written)

    assert html.read(page).text == text.replace("\n", "")
    assert html.doubt(page) is None


def test_a_page_that_is_not_in_the_encoding_it_declares_is_doubted() -> None:
    page = "<meta charset=utf-8><p>Öffnungszeiten: täglich geöffnet, Gebühr für Schüler ermäßigt</p>".encode("cp1252")

    assert "täglich geöffnet" in html.read(page).text
    assert "declares utf-8" in str(html.doubt(page))


def test_no_nesting_is_too_deep_and_unclosed_elements_hide_nothing() -> None:
    assert html.read(b"<div>" * 30_000 + b"end").text == "end"
    assert html.read(b"<table><tr><td>" * 200 + b"end").text == "end"
    assert html.read(b"<ul><li>a<p>b").text == "- a\n  b"


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    read = book_reader.read(epub(["<h1>One</h1><p>First.</p>", "<h1>Two</h1><p>Last.</p>"]))

    assert read.text == "# The Book\n\nAuthor: A. Writer\n\n# One\n\nFirst.\n\n# Two\n\nLast."


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"../../tmp/out.txt": "x"}, "refused"),
        ({"/etc/x": "x"}, "refused"),
        ({"META-INF/container.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "refused"),
        ({"META-INF/container.xml": "a" * 3_000_000}, "too_large"),
        ({str(number): "" for number in range(5001)}, "too_large"),
        ({"META-INF/container.xml": "<a"}, "damaged"),
        ({"mimetype": "application/epub+zip"}, "damaged"),
    ],
    ids=["traversal", "absolute", "entity", "ratio", "entries", "not-xml", "empty"],
)
def test_an_archive_made_to_do_harm_is_refused(parts: dict[str, str], code: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        book_reader.read(zipped(parts))

    assert caught.value.code == code
