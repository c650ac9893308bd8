"""How large pictures are, by their first bytes: known without opening them."""

from __future__ import annotations

import struct

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_MOST_SEGMENTS = 200


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels; None if it is none that recognition can open."""
    size = next((size for magic, size in _SIZES if data.startswith(magic)), None)
    try:
        return size(data) if size is not None else None
    except struct.error:  # it ends too early
        return None


def _png(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from(">II", data, 16)


def _gif(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", data, 6)


def _bmp(data: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    for _ in range(_MOST_SEGMENTS):
        mark, kind, size = struct.unpack_from(">BBH", data, place)
        if mark != 0xFF:
            return None
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + size
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    (bits,) = struct.unpack_from("<I", data, 21)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


_SIZES = ((b"\x89PNG\r\n\x1a\n", _png), (b"GIF8", _gif), (b"BM", _bmp), (b"\xff\xd8", _jpeg), (b"RIFF", _webp))
