"""Pictures in documents: recognised where they stand and marked so, or said to be left out."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from fakes import HashEncoder
from hypothesis import given
from hypothesis import strategies as st
from office_files import docx, epub, pptx, slide_text, word

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.formats import docx as word_reader
from retriever.documents.formats import epub as book_reader
from retriever.documents.formats import html as page_reader
from retriever.documents.formats import pptx as slide_reader
from retriever.documents.formats.table import OCR, format_of_upload
from retriever.documents.markup.picture_sizes import picture_size
from retriever.documents.reading import Original, Reading
from retriever.settings import ChunkerSettings
from store.layout import read_layout

_HAS_OCR = find_spec(OCR) is not None
_BLIP = '<w:p><w:r><w:drawing><a:blip xmlns:a="a" r:embed="p{}"/></w:drawing></w:r></w:p>'
_PIC = '<p:pic><p:blipFill><a:blip r:embed="p1"/></p:blipFill></p:pic>'


def _png(width: int, height: int) -> bytes:
    """Return the beginning of a picture, which is all that is looked at before it is opened."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def _documents(picture: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield documents that say "Before." and "After.", with a picture between."""
    body = word("Before.") + _BLIP.format(1) + word("After.")
    yield "a.docx", docx(body, {"word/media/1.png": picture}, {"p1": ("image", "media/1.png")})
    slide = slide_text("Before.") + _PIC + slide_text("After.")
    yield "a.pptx", pptx([slide], picture=picture)
    inline = base64.b64encode(picture).decode()
    yield "a.html", f"<html><p>Before.</p><p><img src='data:image/png;base64,{inline}'></p><p>After.</p>".encode()
    yield "a.epub", epub(["<p>Before.</p><img src='../i/1.png'/><p>After.</p>"], {"i/1.png": picture})


_READERS = {"docx": word_reader, "pptx": slide_reader, "html": page_reader, "epub": book_reader}


def _read(name: str, data: bytes) -> ReadDocument:
    return _READERS[name.rpartition(".")[2]].read(data)


@pytest.mark.parametrize("number", range(4))
def test_a_picture_that_may_have_text_is_counted_or_said_to_need_the_extra(number: int) -> None:
    name, data = list(_documents(_png(800, 200)))[number]

    read = _read(name, data)

    assert read.text.index("Before.") < read.text.index("After.")
    assert read.pictures == (1 if _HAS_OCR else 0)
    assert read.doubt is None if _HAS_OCR else "not read: 1. Text in pictures is read by an extra" in str(read.doubt)


@pytest.mark.parametrize("number", range(4))
def test_small_pictures_and_what_is_none_are_left_alone(number: int) -> None:
    for picture in (_png(64, 64), _png(2000, 40), b"", b"no picture"):
        name, data = list(_documents(picture))[number]
        read = _read(name, data)
        assert (read.pictures, read.doubt) == (0, None)


def test_a_picture_that_stands_in_many_places_is_one_and_those_of_headers_are_none() -> None:
    body = "".join(_BLIP.format(1 + number % 2) for number in range(10)) + word("Text.")
    body += '<w:sectPr><w:headerReference r:id="h"/></w:sectPr>'
    header = f'<w:hdr xmlns:w="w" xmlns:r="r">{_BLIP.format(3)}</w:hdr>'
    targets = {f"p{n}": ("image", f"media/{n}.png") for n in (1, 2, 3)} | {"h": ("header", "header1.xml")}
    parts: dict[str, str | bytes] = {f"word/media/{n}.png": _png(700 + n, 300) for n in (1, 2, 3)}

    read = word_reader.read(docx(body, parts | {"word/header1.xml": header}, targets))

    assert read.pictures == 2 if _HAS_OCR else "not read: 2." in str(read.doubt)


def test_a_document_of_nothing_but_pictures_asks_for_recognition() -> None:
    data = docx(_BLIP.format(1), {"word/media/1.png": _png(900, 900)}, {"p1": ("image", "media/1.png")})

    with pytest.raises(UnreadableError) as caught:
        word_reader.read(data)

    assert caught.value.code == ("needs_ocr" if _HAS_OCR else "ocr_missing")


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (_png(300, 200), (300, 200)),
        (b"GIF89a" + struct.pack("<HH", 300, 200), (300, 200)),
        (b"BM" + bytes(16) + struct.pack("<ii", 300, -200), (300, 200)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + struct.pack(">HH", 200, 300), (300, 200)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x2b\x01\x00\xc7\x00\x00", (300, 200)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 300, 200), (300, 200)),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(5) + struct.pack("<I", 299 | 199 << 14), (300, 200)),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"%PDF-1.7", None),
    ],
)
def test_sizes_are_read_from_the_first_bytes(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"\xff\xd8", b"RIFF0000WEBPVP8 "]), st.binary(max_size=99)
)
def test_no_bytes_make_looking_for_a_size_fail(magic: bytes, rest: bytes) -> None:
    assert picture_size(magic + rest) is None or min(picture_size(magic + rest) or ()) >= 0


@pytest.mark.skipif(not _HAS_OCR, reason="needs the extra `ocr`: pip install 'tandem-rag[ocr]'")
@pytest.mark.nightly
def test_what_is_recognised_stands_where_the_picture_does_and_is_marked() -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture, out = Image.new("RGB", (1000, 200), "white"), io.BytesIO()
    ImageDraw.Draw(picture).text((40, 60), "Leave is 25 days", "black", ImageFont.load_default(64))
    picture.save(out, "PNG")
    originals = [
        Original(format_of_upload(name, data).format.media_type, data) for name, data in _documents(out.getvalue())
    ]

    reading = Reading()
    outcomes = reading.read(originals)
    reading.close()

    for read in outcomes:
        assert isinstance(read, ReadDocument), read
        assert read.text.index("Before.") < read.text.index("25 days") < read.text.index("After.")
        assert "recognised in pictures" in str(read.doubt)
        (passage,) = chunk(read, HashEncoder(), ChunkerSettings())
        assert passage.layout is not None
        assert read_layout(passage.layout, passage.start, passage.text).source == "ocr"
