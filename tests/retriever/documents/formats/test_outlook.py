"""Outlook messages: head, body, and attachments as what they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ole_files import msg, ole, xls
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats import outlook
from retriever.documents.formats.table import format_of_upload

_1601 = datetime(1601, 1, 1, tzinfo=UTC)


def test_head_body_and_attachments_are_read() -> None:
    sent = (datetime(2024, 10, 1, 12, 34, tzinfo=UTC) - _1601).total_seconds()
    files = {
        "fees.xls": xls({"S": [["City", "Fee"], ["Bern", 12.0]]}),
        "note.txt": "备注：二十天".encode(),
        "all.zip": b"PK",
    }

    read = outlook.read(msg("Fees", "Hello Eva,\n\nsee below. 好", "Ann <ann@example.com>", files, int(sent * 10**7)))

    head = "From: Ann <ann@example.com>\nTo: eva@example.com\nDate: 2024-10-01 12:34 UTC"
    assert read.text.startswith(f"# Fees\n\n{head}\n\nHello Eva,\n\nsee below. 好")
    assert cell(read, "Bern", "Fee") == "12"
    assert "## Attachment: note.txt\n\n备注：二十天" in read.text
    assert "## Attachment: all.zip\n\n(It was not read." in read.text


def test_long_streams_and_short_ones_are_read() -> None:
    read = outlook.read(msg("S", "word " * 3000 + "end", "a@example.com", {"b.txt": b"text " * 9000}))

    assert (read.text.count("word"), "end" in read.text, read.text.count("text ")) == (3000, True, 9000)


def test_a_message_is_known_by_its_bytes() -> None:
    assert format_of_upload("mail.dat", msg("a", "b", "c")).format.name == "MSG"
    with pytest.raises(UnreadableError):
        format_of_upload("mail.dat", ole({"Unknown": b"x" * 5000}))


@pytest.mark.parametrize("size", [100, 600, 1500])
def test_a_message_that_is_cut_off_is_damaged(size: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        outlook.read(msg("a", "b" * 5000, "c")[:size])

    assert caught.value.code in ("damaged", "empty_document")
