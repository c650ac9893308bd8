"""Loading: bytes in any usual encoding to text."""

from __future__ import annotations

import codecs

import pytest

from retriever.documents.loading import UnreadableError, load_text, media_type

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
    assert load_text(bom + text.encode(encoding)) == text


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
    assert load_text(text.encode(encoding)) == text


def test_line_ends_become_newlines() -> None:
    assert load_text(b"one\r\ntwo\rthree\n\r\nfour") == "one\ntwo\nthree\n\nfour"


def test_nul_characters_are_left_out() -> None:
    assert load_text(b"on\x00e") == "one"


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t ", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\x00\x00", "\u3000".encode()]
)
def test_a_document_without_text_is_refused_as_empty(data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        load_text(data)

    assert (caught.value.code, caught.value.status) == ("empty_document", 422)


def test_bytes_that_contradict_their_mark_are_refused() -> None:
    with pytest.raises(UnreadableError, match="utf-8-sig") as caught:
        load_text(codecs.BOM_UTF8 + b"caf\xe9")

    assert caught.value.code == "bad_encoding"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", "text/plain"), ("A.TXT", "text/plain"), ("b.tar.md", "text/markdown"), ("c.markdown", "text/markdown")],
)
def test_the_ending_of_a_file_names_its_type(name: str, expected: str) -> None:
    assert media_type(name) == expected


@pytest.mark.parametrize("name", ["report.pdf", "noending", ".md", "a.txt.exe"])
def test_a_type_that_cannot_be_read_is_refused_with_those_that_can(name: str) -> None:
    with pytest.raises(UnreadableError, match=r"\.markdown, \.md, \.text, \.txt") as caught:
        media_type(name)

    assert (caught.value.code, caught.value.param) == ("unsupported_type", "files")
