"""Text in pictures, recognised by RapidOCR (PP-OCR for Chinese and English), on one core."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from retriever.documents.blocks import UnreadableError
from retriever.documents.markup.writer import clean
from retriever.documents.pdf.assembly import Assembly, PageContent
from retriever.documents.pdf.lines import PageLine, Place
from retriever.documents.pdf.tables import PageLayout

if TYPE_CHECKING:
    import pypdfium2
    from PIL.Image import Image
    from rapidocr import RapidOCR

_POINTS = 72.0
_DPI = 170.0
_MOST_SIDE = 3000  # pixels of the longer side of what is looked at
_LEAST_SIDE = 800  # of a picture: a smaller one is made larger
_CERTAIN = 0.5  # below, it is more often a stain than a word
_SAME_ROW = 0.5


def recognised_page(page: pypdfium2.PdfPage) -> list[PageLine]:
    """Return the lines that can be seen on a page of a PDF."""
    longest = max(page.get_size()) or 1.0
    scale = min(_DPI / _POINTS, _MOST_SIDE / longest)
    return _recognised(page.render(scale=scale).to_pil().convert("RGB"), scale)


def recognised_picture(picture: Image) -> list[PageLine]:
    """Return the lines that can be seen in a picture; their places are in its pixels."""
    longest = max(picture.size)
    scale = min(1.0, _MOST_SIDE / longest) if longest >= _LEAST_SIDE else _LEAST_SIDE / longest
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return _recognised(picture if scale == 1.0 else picture.resize(size), scale)


def text_of_picture(data: bytes) -> str:
    """Return the text in a picture, lines joined to paragraphs; "" if it cannot be opened or has none."""
    from PIL import Image

    assembly = Assembly()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            lines = recognised_picture(picture.convert("RGB"))
            assembly.add(PageContent(1, lines, PageLayout(), "ocr"))
            return assembly.document(doubt=None).text
    except (OSError, ValueError, SyntaxError, UnreadableError, Image.DecompressionBombError):
        return ""


def _recognised(picture: Image, scale: float) -> list[PageLine]:
    import numpy as np

    found = _engine()(np.asarray(picture)[:, :, ::-1])  # it expects blue first
    if found.boxes is None or found.txts is None or found.scores is None:
        return []
    pieces = [
        PageLine(clean(text), _place(box.tolist(), scale))
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= _CERTAIN and clean(text)
    ]
    return list(_rows(pieces))


@cache
def _engine() -> RapidOCR:
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={**threads, "Global.log_level": "critical"})


def _place(corners: list[list[float]], scale: float) -> Place:
    xs, ys = [x / scale for x, _ in corners], [y / scale for _, y in corners]
    return Place(min(xs), min(ys), max(xs), max(ys))


def _rows(pieces: list[PageLine]) -> Iterator[PageLine]:
    """Yield the pieces from above to below, those of one row from left to right."""
    rows: list[list[tuple[Place, PageLine]]] = []
    placed = [(piece.place, piece) for piece in pieces if piece.place is not None]
    for place, piece in sorted(placed, key=lambda each: (each[0].top + each[0].bottom) / 2):
        last = rows[-1][0][0] if rows else None
        middle = (place.top + place.bottom) / 2
        if last is not None and abs(middle - (last.top + last.bottom) / 2) < _SAME_ROW * min(place.height, last.height):
            rows[-1].append((place, piece))
        else:
            rows.append([(place, piece)])
    for row in rows:
        yield from (piece for _, piece in sorted(row, key=lambda each: each[0].left))
