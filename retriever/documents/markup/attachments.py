"""What is attached to a mail: read as what it is, behind the mail's own text."""

from __future__ import annotations

from importlib import import_module

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats.table import format_of_upload
from retriever.documents.markup.writer import Writer, one_line

_MOST = 50
_DEEPEST = 2  # mails in mails
_TOO_MANY = f"(It was not read: {_MOST} attachments are, and those of attached mails {_DEEPEST} deep.)"


class Attachments:
    """Writes the attachments of a mail, which is itself attached to `depth` others, one in the other."""

    def __init__(self, writer: Writer, depth: int) -> None:
        self._writer = writer
        self._depth = depth
        self._number = 0

    def add(self, name: str, data: bytes) -> None:
        """Write one; of one that cannot be read its name and why."""
        if not self._begins(name):
            return
        try:
            form = format_of_upload(name, data).format
            if form.needs:
                raise UnreadableError("It is a picture: upload it by itself to have its text read.")
            reader = import_module(form.reader)
            nested = hasattr(reader, "read_attached")
            document = reader.read_attached(data, self._depth + 1) if nested else reader.read(data)
        except UnreadableError as error:
            self._writer.paragraph(f"(It was not read. {error.message})")
        else:
            self._writer.written(document.text)

    def add_text(self, name: str, text: str) -> None:
        """Write one that is text already."""
        if self._begins(name):
            self._writer.written(text)

    def _begins(self, name: str) -> bool:
        self._number += 1
        self._writer.heading(2, f"Attachment: {one_line(name)[:200] or self._number}")
        wanted = self._number <= _MOST and self._depth < _DEEPEST
        if not wanted:
            self._writer.paragraph(_TOO_MANY)
        return wanted
