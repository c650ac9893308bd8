"""Documents of all formats read where they always are: in a limited process, which has no network."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from fakes import HashEncoder
from office_files import docx, epub, pdf, pptx, slide_text, word, xlsx, zipped

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.chunking import chunk
from retriever.documents.formats.table import FORMATS, OCR, format_of_upload
from retriever.documents.reading import Original, Reading
from retriever.settings import ChunkerSettings
from store.layout import read_layout

_FACT = "The office opens at nine."
_FILES = {
    "a.docx": docx(word(_FACT)), "a.pptx": pptx([slide_text(_FACT)]), "a.xlsx": xlsx({"S": [[_FACT]]}),
    "a.epub": epub([f"<p>{_FACT}</p>"]), "a.pdf": pdf([[(72, 700, _FACT)]]), "a.html": f"<p>{_FACT}</p>".encode(),
    "a.eml": f"From: a@example.com\nSubject: x\n\n{_FACT}".encode(), "a.rtf": f"{{\\rtf1 {_FACT}}}".encode(),
    "a.csv": f"{_FACT}\n".encode(), "a.json": f'["{_FACT}"]'.encode(), "a.txt": _FACT.encode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    found = Reading()
    yield found
    found.close()


def _original(name: str, data: bytes) -> Original:
    return Original(format_of_upload(name, data).format.media_type, data)


def test_every_format_is_read_within_its_limits(reading: Reading) -> None:
    outcomes = reading.read([_original(name, data) for name, data in _FILES.items()])

    found = {name: str(getattr(each, "text", each)) for name, each in zip(_FILES, outcomes, strict=True)}
    assert {name: text for name, text in found.items() if _FACT not in text} == {}


def test_every_row_of_the_table_has_a_module_that_reads() -> None:
    assert {each.reader for each in FORMATS if not find_spec(each.reader)} == set()


def test_what_is_made_to_do_harm_is_refused_and_the_others_are_read(reading: Reading) -> None:
    bomb = docx(word("a" * 5_000_000))
    entity = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    outside = zipped({"META-INF/container.xml": "", "../x": "", "mimetype": "application/epub+zip"})
    documents = [
        _original("a.docx", bomb), _original("b.docx", docx("", {"word/document.xml": entity})),
        _original("c.epub", outside), _original("d.txt", _FACT.encode()),
    ]  # fmt: skip

    *refused, read = reading.read(documents)

    assert [each.code for each in refused if isinstance(each, UnreadableError)] == ["too_large", "refused", "refused"]
    assert read == ReadDocument(_FACT)


def test_a_reader_reaches_no_network() -> None:
    """In a process of its own: what is given up is gone for good."""
    program = (
        "import socket\nfrom retriever.documents.sandbox.confinement import confine\n"
        "listening = socket.create_server(('127.0.0.1', 0))\nhome = listening.getsockname()\n"
        "socket.create_connection(home, 5).close()\nprint(confine([], None).network)\n"
        "try:\n    socket.create_connection(home, 5)\nexcept OSError:\n    print('unreachable')\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    if ended.stdout.startswith("False"):
        pytest.skip("this kernel lets nobody leave the network")
    assert ended.stdout.split() == ["True", "unreachable"]


@pytest.mark.skipif(find_spec(OCR) is None, reason="needs the extra `ocr`: pip install 'tandem-rag[ocr]'")
@pytest.mark.nightly
def test_a_picture_is_read_by_recognition_and_says_so(reading: Reading) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1000, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "Leave is 25 days", "black", ImageFont.load_default(64))
    out = io.BytesIO()
    picture.save(out, "PNG")

    (read,) = reading.read([_original("scan.png", out.getvalue())])

    assert isinstance(read, ReadDocument), read
    (passage,) = chunk(read, HashEncoder(), ChunkerSettings())
    assert "25 days" in passage.text
    assert passage.layout is not None
    assert (passage.page, read_layout(passage.layout, passage.start, passage.text).source) == (1, "ocr")


@pytest.mark.skipif(find_spec(OCR) is not None, reason="the extra `ocr` is installed")
def test_a_picture_without_the_extra_is_refused_with_how_to_install_it() -> None:
    with pytest.raises(UnreadableError, match=r"pip install 'tandem-rag\[ocr\]'") as caught:
        format_of_upload("scan.png", b"\x89PNG\r\n\x1a\n\x00")

    assert caught.value.code == "ocr_missing"
