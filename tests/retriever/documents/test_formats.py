"""The formats of documents: what their readers make of bytes, and how a file and a media type find their row."""

from __future__ import annotations

import codecs
import hashlib
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
from fakes import HashEncoder

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.formats import markdown, plain_text
from retriever.documents.formats.plain_text import read
from retriever.documents.formats.table import FORMATS, MARKDOWN, PLAIN_TEXT, Format, format_of_file, format_of_type
from retriever.settings import ChunkerSettings

_DEMO = Path(__file__).parents[3] / "service" / "demo" / "documents"
_CHINESE = "员工每年享有十五天带薪年假，工作满十年后增加到二十天。\n办公室在每个工作日早上九点开门，下午六点关门。\n"
_FRENCH = "Le café “naïf” coûte 5 € – déjà réservé à l’hôtel, où l’été fut très agréable et léger.\n"


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("text", [_CHINESE, _FRENCH, "🙂"])
def test_a_byte_order_mark_names_the_encoding_and_is_no_part_of_the_text(bom: bytes, encoding: str, text: str) -> None:
    assert read(bom + text.encode(encoding)) == ReadDocument(text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (_CHINESE, "utf-8"),
        (_CHINESE, "gbk"),
        (_CHINESE, "gb18030"),
        (_CHINESE, "utf-16-le"),
        (_CHINESE, "utf-16-be"),
        (_FRENCH, "cp1252"),
        (_FRENCH, "utf-8"),
    ],
)
def test_an_encoding_without_a_mark_is_recognised(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)).text == text


def test_line_ends_become_newlines() -> None:
    assert read(b"one\r\ntwo\rthree\n\r\nfour").text == "one\ntwo\nthree\n\nfour"


def test_nul_characters_are_left_out() -> None:
    assert read(b"on\x00e").text == "one"


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t ", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\x00\x00", "\u3000".encode()]
)
def test_a_document_without_text_is_refused_as_empty(data: bytes) -> None:
    for reader in (read, markdown.read):
        with pytest.raises(UnreadableError) as caught:
            reader(data)

        assert (caught.value.code, caught.value.status) == ("empty_document", 422)


def test_bytes_that_contradict_their_mark_are_refused() -> None:
    with pytest.raises(UnreadableError, match="utf-8-sig") as caught:
        read(codecs.BOM_UTF8 + b"caf\xe9")

    assert caught.value.code == "bad_encoding"


def test_markdown_is_the_text_as_it_is() -> None:
    text = "# Using C#\n\nText.\n\n```sh\n# a comment\n```\n\n### Deep ##\n####### seven\n#none\n"

    document = markdown.read(text.replace("\n", "\r\n").encode())

    assert (document.text, document.markdown, document.blocks, document.doubt) == (text, True, (), None)


def test_what_is_read_is_cut_into_the_passages_of_version_3_of_the_rules() -> None:
    """Other passages need another version in `ChunkerSettings`; the hash is that of the first such passages."""
    found = hashlib.sha256()
    for path in sorted(_DEMO.glob("*.md")):
        for reader in (markdown, plain_text):
            for each in chunk(reader.read(path.read_bytes()), HashEncoder(), ChunkerSettings(), path.stem):
                found.update(repr((each.start, each.end, each.heading, each.content)).encode())

    assert found.hexdigest() == "43f601e0d0b43f07188399f5e3a84a34acf9e8ca779e05928cc546eb8eabc9c2"


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_every_row_names_a_module_that_reads(row: Format) -> None:
    reader = import_module(row.reader)

    assert get_type_hints(reader.read) == {"data": bytes, "return": ReadDocument}
    assert row.ocr is None or get_type_hints(reader.read_pictures) == {"data": bytes, "return": ReadDocument}
    assert not row.tells_doubt or get_type_hints(reader.doubt) == {"data": bytes, "return": str | None}


def test_no_two_rows_claim_the_same_file_or_type() -> None:
    suffixes = [suffix for row in FORMATS for suffix in row.suffixes]
    types = [row.media_type for row in FORMATS]

    assert len(suffixes) == len(set(suffixes))
    assert len(types) == len(set(types))
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", PLAIN_TEXT), ("A.TXT", PLAIN_TEXT), ("b.tar.md", MARKDOWN), ("c.markdown", MARKDOWN)],
)
def test_the_ending_of_a_file_names_its_format(name: str, expected: Format) -> None:
    assert format_of_file(name) == expected
    assert format_of_type(expected.media_type) == expected


@pytest.mark.parametrize("name", ["report.doc", "noending", ".md", "a.txt.exe"])
def test_a_type_that_cannot_be_read_is_refused_with_those_that_can(name: str) -> None:
    with pytest.raises(UnreadableError, match=r"\.markdown, \.md, \.msg") as caught:
        format_of_file(name)

    assert (caught.value.code, caught.value.param) == ("unsupported_type", "files")


def test_another_row_is_another_type_that_can_be_read() -> None:
    added = (*FORMATS, Format("DWG", (".dwg",), "image/vnd.dwg", "somewhere", magic=(b"AC10",)))

    assert format_of_file("plan.dwg", added).name == format_of_type("image/vnd.dwg", added).name == "DWG"
    assert format_of_type("image/vnd.dwg") == PLAIN_TEXT
    with pytest.raises(UnreadableError, match=r"\.dwg, \.eml"):
        format_of_file("report.doc", added)
