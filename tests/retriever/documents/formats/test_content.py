"""The type of a file is what its bytes are, whatever it is called."""

from __future__ import annotations

import pytest
from office_files import docx, epub, ods, pdf, pptx, slide_text, word, xlsx, zipped

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.table import HTML, MARKDOWN, PLAIN_TEXT, format_of_upload

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_FILES = {
    "DOCX": docx(word("x")), "XLSX": xlsx({"S": [["x"]]}), "PPTX": pptx([slide_text("x")]), "ODS": ods([["x"]]),
    "EPUB": epub(["x"]), "PDF": pdf([[(72, 700, "x")]]), "RTF": b"{\\rtf1 x}",
    "MSG": _OLE + "__properties_version1.0\0".encode("utf-16-le"), "XLS": _OLE + "Workbook\0".encode("utf-16-le"),
}  # fmt: skip


@pytest.mark.parametrize("name", _FILES)
@pytest.mark.parametrize("called", ["a.pdf", "a.docx", "a.txt", "a"])
def test_binary_formats_are_known_by_their_bytes(name: str, called: str) -> None:
    choice = format_of_upload(called, _FILES[name])

    assert choice.format.name == name
    assert (choice.note is None) == (called == "a" or called.endswith(name.lower()))


@pytest.mark.parametrize(
    ("called", "data", "expected"),
    [
        ("a.txt", b"<!DOCTYPE html><p>x", HTML), ("a.md", b"<html>", MARKDOWN), ("a.html", b"plain", HTML),
        ("a", "年假".encode(), PLAIN_TEXT), ("a.txt", b"PK is short for", PLAIN_TEXT), ("a.md", b"BMW cars", MARKDOWN),
        ("b.txt", "weit".encode("utf-16"), PLAIN_TEXT),
    ],
)  # fmt: skip
def test_texts_are_what_they_are_called(called: str, data: bytes, expected: object) -> None:
    assert format_of_upload(called, data).format == expected


@pytest.mark.parametrize(
    ("called", "data", "code", "said"),
    [
        ("a.pdf", b"plain text", "wrong_content", "looks like plain text"),
        ("a.docx", b"PK\x03\x04cut", "damaged", "cut off"),
        ("a.xlsx", b"", "empty_document", "no bytes"),
        ("a.doc", _OLE + "WordDocument\0".encode("utf-16-le"), "unsupported_type", "save it as DOCX or PDF"),
        ("a.pptx", _OLE + "EncryptedPackage\0".encode("utf-16-le"), "encrypted", "password"),
        ("a.zip", zipped({"a": "b"}), "unsupported_type", "a ZIP archive"),
        ("a.txt", b"\x7fELF\x02\x01\x01\x00", "unsupported_type", "a program"),
        ("a.xyz", b"text", "unsupported_type", "send .bmp, .csv"),
        ("a", bytes(range(32)) * 9, "unsupported_type", "without ending"),
    ],
)
def test_what_cannot_be_read_is_named_as_what_it_is(called: str, data: bytes, code: str, said: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        format_of_upload(called, data)

    assert (caught.value.code, said in caught.value.message) == (code, True), caught.value.message
