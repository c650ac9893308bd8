"""What passes between a process and the one that reads documents for it: calls there, answers back.

A message is its length in eight bytes and its bytes. Answers come from a process that hostile bytes may have taken
over, so they are data: nothing in them is executed, and what they say is checked.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import BinaryIO, Literal

from retriever.documents.blocks import ReadDocument, UnreadableError

LENGTH = struct.Struct("<Q")
_READ, _FAILED = b"R", b"F"
Function = Literal["read", "doubt", "read_pictures"]


@dataclass(frozen=True)
class Call:
    """A document of so many bytes: which function of which module takes it, and within which limits.

    `alone` asks for a process that reads no other. Limits are in bytes and seconds.
    """

    name: str
    module: str
    size: int
    function: Function
    alone: bool
    memory: int
    cpu_s: int
    wall_s: int
    answer: int


def encode_calls(calls: Sequence[Call]) -> bytes:
    """Return the message that announces documents, whose bytes follow one after the other."""
    return _message(json.dumps([asdict(call) for call in calls]).encode())


def read_calls(stream: BinaryIO) -> list[tuple[Call, bytes]] | None:
    """Return the next calls with their documents; None if the other side has closed the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    calls = [Call(**fields) for fields in json.loads(stream.read(*LENGTH.unpack(head)))]
    return [(call, stream.read(call.size)) for call in calls]


def encode_document(document: ReadDocument) -> bytes:
    """Return the message that a document was read."""
    blocks = [
        (each.kind, each.start, each.end, each.level, each.title, each.page, each.source, each.box)
        for each in document.blocks
    ]
    said = {"markdown": document.markdown, "doubt": document.doubt, "blocks": blocks}
    head = json.dumps(said | {"pictures": document.pictures}).encode()
    return _message(_READ, head, b"\n", document.text.encode())


def encode_failure(code: str, message: str) -> bytes:
    """Return the message that a document cannot be read."""
    return _message(_FAILED, json.dumps([code, message]).encode())


def receive(read: Callable[[int], bytes], limit: int) -> bytes | None:
    """Return the next answer, None if it is longer than the limit; `read` returns as many bytes as it is asked for."""
    (size,) = LENGTH.unpack(read(LENGTH.size))
    return read(size) if size <= limit else None


def raise_failure(answer: bytes) -> None:
    """Raise the `UnreadableError` that an answer holds; do nothing if it holds none."""
    if answer.startswith(_FAILED):
        code, message = json.loads(answer[1:])
        raise UnreadableError(str(message), code=str(code))


def _message(*parts: bytes) -> bytes:
    return b"".join((LENGTH.pack(sum(map(len, parts))), *parts))
