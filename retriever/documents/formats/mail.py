"""E-mails: who wrote what to whom and when, and what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import TypeAlias

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.attachments import Attachments
from retriever.documents.markup.charsets import decoded_as
from retriever.documents.markup.pages import Pages
from retriever.documents.markup.writer import Writer, one_line

_HEAD = ("From", "To", "Cc", "Date")
_MOST_PARTS = 500
_WORD = re.compile(r"\w+")
_OTHER = 0.1  # of the words of the HTML part, not in the plain one: then both are written
_Part: TypeAlias = "Message[str, str]"


def read(data: bytes) -> ReadDocument:
    """Return the text of a mail and of its attachments; raise `UnreadableError` if it has neither."""
    return read_attached(data, 0)


def read_attached(data: bytes, depth: int) -> ReadDocument:
    """Return the same of a mail that is attached to `depth` others, one in the other."""
    mail = email.message_from_bytes(data, policy=email.policy.compat32)
    head = _head(mail)
    if not head and not any(part.get_content_type() != "text/plain" for part in mail.walk()):
        raise UnreadableError("It has no head that a mail has: neither sender nor subject.", code="wrong_content")
    writer = Writer()
    writer.heading(1, head.pop("Subject", ""))
    writer.paragraph("\n".join(f"{name}: {value}" for name, value in head.items()))
    attached: list[_Part] = []
    for text, is_html in _bodies(mail, attached):
        if is_html:
            Pages(writer).read(text)
        else:
            writer.paragraph(text)
    attachments = Attachments(writer, depth)
    for part in attached:
        _attach(attachments, part)
    return writer.document()


def _head(mail: _Part) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in mail.raw_items():
        name = key.title()
        if name in (*_HEAD, "Subject") and name not in found:
            text = one_line(_decoded_header(str(value)))
            if text:
                found[name] = text
    return {name: found[name] for name in ("Subject", *_HEAD) if name in found}


def _decoded_header(value: str) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    if not raw.isascii():
        return decoded_as(raw, "utf-8").text
    try:
        parts = decode_header(value)
    except HeaderParseError:
        return value
    return "".join(decoded_as(part, charset).text if isinstance(part, bytes) else part for part, charset in parts)


def _bodies(mail: _Part, attached: list[_Part]) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a mail, and whether each is HTML; collect what is attached."""
    plain: list[str] = []
    pages: list[str] = []
    for part in _leaves(mail):
        kind = part.get_content_type()
        if part.get_content_disposition() != "attachment" and kind in ("text/plain", "text/html") and not _named(part):
            (plain if kind == "text/plain" else pages).append(_text(part))
        elif part.get_content_maintype() != "image" or part.get_content_disposition() == "attachment":
            attached.append(part)
    yield from ((text, False) for text in plain)
    known = {word for text in plain for word in _WORD.findall(text)}
    for page in pages:
        writer = Writer()
        Pages(writer).read(page)
        words = _WORD.findall(writer.so_far())
        if sum(word not in known for word in words) > _OTHER * len(words):
            yield page, True


def _leaves(mail: _Part) -> Iterator[_Part]:
    """Yield the parts that hold something; a mail that is attached is one of them."""
    waiting, count = [mail], 0
    while waiting and count < _MOST_PARTS:
        part = waiting.pop()
        count += 1
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" or not isinstance(payload, list):
            yield part
        else:
            waiting.extend(each for each in reversed(payload) if isinstance(each, Message))


def _attach(attachments: Attachments, part: _Part) -> None:
    name = _decoded_header(part.get_filename() or "")
    if part.get_content_type() == "message/rfc822":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        attachments.add(f"{name or 'mail'}.eml", inner.as_bytes() if isinstance(inner, Message) else b"")
    elif part.get_content_type() == "text/plain":
        attachments.add_text(name, _text(part))
    else:
        attachments.add(name or f"unnamed.{part.get_content_subtype()}", _bytes(part))


def _named(part: _Part) -> bool:
    return part.get_filename() is not None


def _text(part: _Part) -> str:
    data = _bytes(part)
    charset = part.get_content_charset()
    return decoded_as(data, charset).text if data else ""


def _bytes(part: _Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
