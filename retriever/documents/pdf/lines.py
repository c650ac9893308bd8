"""The lines of text on a page of a PDF, with their places, by PDFium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from retriever.documents.markup.writer import clean

_HYPHEN = 2  # a hyphen at the end of a line, which a word goes on behind
_MOST_SIGNS = 1_000_000  # of a page
_PRIVATE = re.compile(r"[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FEW = 20  # signs on a page that has no text, but perhaps a number or a stamp
_SHARE = 0.2  # of letters that are written from right to left, or say nothing


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a page, in points from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Points from top to bottom."""
        return self.bottom - self.top

    def holds(self, other: Place) -> bool:
        """Return whether the middle of another one lies inside."""
        x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
        return self.left - 1 <= x <= self.right + 1 and self.top - 1 <= y <= self.bottom + 1


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line as it is read, None for a place that is not known; `hyphenated` if its last word goes on in the next."""

    text: str
    place: Place | None
    hyphenated: bool = False


def lines_on(page: pypdfium2.PdfPage) -> list[PageLine]:
    """Return the lines on a page in the order in which they are to be read."""
    _, height = page.get_size()
    text = page.get_textpage()
    try:
        return list(_lines(text, height, page.get_rotation()))
    finally:
        text.close()


def _lines(text: pypdfium2.PdfTextPage, height: float, rotation: int) -> Iterator[PageLine]:
    signs = min(text.count_chars(), _MOST_SIGNS)
    codes = [pdfium.FPDFText_GetUnicode(text, number) for number in range(signs)]
    first = 0
    for number, code in enumerate([*codes, 10]):
        if code not in (10, 13, _HYPHEN):
            continue
        line = clean(_decoded(codes[first:number]))
        if line:
            place = None if rotation else _place(text, codes, (first, number), height)
            kept = code == _HYPHEN and _is_kept(codes[number + 1 : number + 4])
            yield PageLine(f"{line}-" if kept else line, place, code == _HYPHEN)
        first = number + 1


def _is_kept(after: list[int]) -> bool:
    """Return whether a hyphen at the end of a line is one of the word: what goes on is a name or a number."""
    text = "".join(map(chr, (code for code in after if 32 < code < 0x110000)))
    return text[:1].isupper() or text[:1].isdigit()


def _decoded(codes: list[int]) -> str:
    """Return signs as text; those beyond the first plane may come in two halves."""
    raw = "".join(map(chr, (code for code in codes if 0 < code < 0x110000)))
    return raw.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _place(text: pypdfium2.PdfTextPage, codes: list[int], span: tuple[int, int], height: float) -> Place | None:
    """Return where a line stands: from its first sign to its last, and as high as most in between."""
    solid = [number for number in range(*span) if codes[number] > 32 and codes[number] != 160]
    if not solid:
        return None
    looked_at = {solid[0], solid[-1], *solid[:: max(1, len(solid) // 6)]}
    boxes = [box for number in sorted(looked_at) if (box := _box(text, number)) is not None]
    if not boxes:
        return None
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    bottom, top = (median(box[side] for box in boxes) for side in (1, 3))  # signs of other fonts are higher
    return Place(left, height - top, right, height - bottom)


def _box(text: pypdfium2.PdfTextPage, number: int) -> tuple[float, float, float, float] | None:
    """Return left, bottom, right and top of a sign, as high as its font: so all lines of a paragraph are."""
    box = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(text, number, box):
        return None
    return box.left, box.bottom, box.right, box.top


def is_right_to_left(lines: list[PageLine]) -> bool:
    """Return whether a good part of a page is Arabic or Hebrew."""
    text = "".join(line.text for line in lines)
    return len(_RIGHT_TO_LEFT.findall(text)) > _SHARE * max(len(text), 1)


def says_little(lines: list[PageLine]) -> bool:
    """Return whether a page has hardly any text, or only signs that stand for no letters."""
    text = "".join("".join(line.text.split()) for line in lines)
    return len(text) < _FEW or len(_PRIVATE.findall(text)) > _SHARE * len(text)


def has_picture(page: pypdfium2.PdfPage) -> bool:
    """Return whether a picture covers a good part of a page."""
    width, height = page.get_size()
    for each in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = each.get_bounds()
        if (right - left) * (top - bottom) > _SHARE * width * height:
            return True
    return False
