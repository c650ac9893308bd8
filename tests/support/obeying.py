"""A reader that does what the document says, as bytes that have taken a parser over would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from retriever.documents.formats.table import FORMATS, Format, Limits

MODULE = "obeying_reader"
LIMITS = Limits(memory_mb=300, cpu_s=1, wall_s=60, answer_mb=1)
_READER = """
import os, time
from retriever.documents.blocks import Block, ReadDocument
from retriever.documents.reading_calls import LENGTH

kept = []

def read(data):
    found = {"document": ReadDocument("done")}
    exec(data.decode(), globals() | {"kept": kept}, found)
    return found["document"]

def read_pictures(data):
    return ReadDocument(data.decode()) if len(data) < 50 else os._exit(7)
"""


def obeying_formats(folder: Path) -> tuple[Format, ...]:
    """Write the reader into a folder, and return its formats beside the usual ones.

    Their documents are programs: `x/alone`, `x/shared`, `x/pictures` and, with little time, `x/hasty`.
    """
    (folder / f"{MODULE}.py").write_text(_READER)
    limits = {"alone": LIMITS, "shared": LIMITS, "hasty": replace(LIMITS, wall_s=1)}
    rows = [Format("a program", (), f"x/{kind}", MODULE, limits=limit, alone=kind == "alone")
            for kind, limit in limits.items()]  # fmt: skip
    return (*FORMATS, *rows, Format("a program", (), "x/pictures", MODULE, limits=LIMITS, ocr=LIMITS))
