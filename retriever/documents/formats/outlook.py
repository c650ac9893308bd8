"""Outlook messages (MSG): who wrote what to whom and when, and what is attached."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import olefile

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.attachments import Attachments
from retriever.documents.markup.charsets import decoded_as
from retriever.documents.markup.pages import Pages
from retriever.documents.markup.writer import Writer

_SUBJECT, _BODY, _HTML = "0037", "1000", "1013"
_HEAD = (("From", ("0C1A", "0042")), ("To", ("0E04",)), ("Cc", ("0E03",)))
_ADDRESS = ("5D01", "0C1F", "0065")
_FILE_NAME, _FILE = ("3707", "3704", "3001"), "3701"
_SENT, _RECEIVED, _CODEPAGE, _INTERNET_CODEPAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_FIELD = struct.Struct("<HHI8s")  # type, number, flags, value
_TOP, _EMBEDDED = 32, 24  # bytes before the fields of a message
_CODEPAGES = {65001: "utf-8", 936: "gb18030", 54936: "gb18030", 932: "cp932", 950: "big5hkscs", 949: "cp949",
              20127: "utf-8", 28591: "cp1252", 51949: "cp949", 20932: "euc_jp"}  # fmt: skip
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MOST_ATTACHMENTS = 60
_MOST_DAYS = 400_000


def read(data: bytes) -> ReadDocument:
    """Return the text of a message and of its attachments; raise `UnreadableError` if it cannot be opened."""
    return read_attached(data, 0)


def read_attached(data: bytes, depth: int) -> ReadDocument:
    """Return the same of a message that is attached to `depth` others, one in the other."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            writer = Writer()
            _write(writer, _Message(container, "", _TOP), depth)
            return writer.document()
    except (OSError, struct.error, IndexError) as error:  # olefile's own error is an OSError
        raise UnreadableError(f"The message is damaged: {str(error)[:200]}.", code="damaged") from error


class _Message:
    """The fields of a message, which stands in a folder of the container."""

    def __init__(self, container: olefile.OleFileIO, folder: str, before: int) -> None:
        self._container = container
        self._folder = folder
        self.depth = folder.count("/")
        self._numbers: dict[int, int] = {}
        path = f"{folder}__properties_version1.0"
        fields = container.openstream(path).read() if container.exists(path) else b""
        for place in range(before, len(fields) - _FIELD.size + 1, _FIELD.size):
            _, number, _, value = _FIELD.unpack_from(fields, place)
            self._numbers[number] = int.from_bytes(value, "little")

    def text(self, *numbers: str) -> str:
        """Return the first of these fields that is a text."""
        for number in numbers:
            wide = self.bytes(f"{number}001F")
            if wide:
                return wide.decode("utf-16-le", "replace").rstrip("\0")
            narrow = self.bytes(f"{number}001E")
            if narrow:
                return decoded_as(narrow.rstrip(b"\0"), self._encoding(_CODEPAGE)).text
        return ""

    def page(self) -> str:
        """Return the body as HTML."""
        data = self.bytes(f"{_HTML}0102")
        return decoded_as(data, self._encoding(_INTERNET_CODEPAGE)).text if data else self.text(_HTML)

    def bytes(self, name: str) -> bytes:
        """Return a field as bytes, none if it is not there."""
        path = f"{self._folder}__substg1.0_{name}"
        return self._container.openstream(path).read() if self._container.exists(path) else b""

    def date(self) -> str:
        """Return when it was sent, or else received."""
        ticks = self._numbers.get(_SENT) or self._numbers.get(_RECEIVED) or 0
        days = ticks // (10_000_000 * 86_400)
        if not 0 < days < _MOST_DAYS:
            return ""
        return (_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%d %H:%M UTC")

    def attached(self) -> Iterator[tuple[_Message, _Message | None]]:
        """Yield the attachments, each with the message that it is, if it is one."""
        for number in range(_MOST_ATTACHMENTS):
            folder = f"{self._folder}__attach_version1.0_#{number:08X}/"
            if self._container.exists(folder.rstrip("/")):
                inner = f"{folder}__substg1.0_{_FILE}000D/"
                is_message = self._container.exists(f"{inner}__properties_version1.0")
                message = _Message(self._container, inner, _EMBEDDED) if is_message else None
                yield _Message(self._container, folder, 8), message

    def _encoding(self, number: int) -> str | None:
        page = self._numbers.get(number)
        return _CODEPAGES.get(page, f"cp{page}") if page else None


def _write(writer: Writer, message: _Message, depth: int) -> None:
    writer.heading(1, message.text(_SUBJECT))
    head = {name: message.text(*numbers) for name, numbers in _HEAD}
    address = message.text(*_ADDRESS)
    if "@" in address and address not in head["From"]:
        head["From"] = f"{head['From']} <{address}>".strip()
    head["Date"] = message.date()
    writer.paragraph("\n".join(f"{name}: {value}" for name, value in head.items() if value))
    body, page = message.text(_BODY), message.page()
    if body.strip():
        writer.paragraph(body)
    elif page:
        Pages(writer).read(page)
    attachments = Attachments(writer, depth)
    for attachment, inner in message.attached():
        name = attachment.text(*_FILE_NAME)
        if inner is None:
            attachments.add(name, attachment.bytes(f"{_FILE}0102"))
        elif inner.depth <= 4:
            nested = Writer()
            _write(nested, inner, depth + 1)
            attachments.add_text(name, nested.so_far())
