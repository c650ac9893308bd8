"""Pictures in documents: their text is recognised and written where they stand, marked as recognised.

Recognition takes seconds a picture, so it is another call, with other limits: the first reading counts what it leaves.
"""

from __future__ import annotations

import base64
import hashlib
import time
from importlib.util import find_spec
from urllib.parse import unquote

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats.table import OCR, OCR_MISSING
from retriever.documents.markup.picture_sizes import picture_size
from retriever.documents.markup.writer import Writer

_MOST = 20  # pictures of one document
_MOST_PIXELS = 40_000_000  # of all of them together
_MOST_S = 150.0  # of computing for all of them together
_LEAST_PIXELS, _LEAST_SIDE = 40_000, 60  # smaller ones are signs and ornaments
RECOGNISED = "Text was recognised in pictures, which can go wrong"


class Pictures:
    """The pictures of one document, recognised or only counted."""

    def __init__(self, *, recognised: bool = False) -> None:
        self._recognised = recognised
        self._seen: set[bytes] = set()
        self._pixels = self._left = self._read = 0
        self._begun = time.process_time()

    def text(self, data: bytes) -> str:
        """Return the text of a picture; "" for one without, for one too small to have any, and for one seen before."""
        size = picture_size(data)
        if size is None or min(size) < _LEAST_SIDE or size[0] * size[1] < _LEAST_PIXELS:
            return ""
        name = hashlib.sha256(data).digest()
        if name in self._seen:
            return ""
        self._seen.add(name)
        self._pixels += size[0] * size[1]
        if not (self._recognised and self._may_go_on()):
            self._left += 1
            return ""
        from retriever.documents.recognition import text_of_picture

        text = text_of_picture(data)
        self._read += bool(text)
        return text

    def document(self, writer: Writer, *, doubt: str | None = None) -> ReadDocument:
        """Return what was written, and what is to be said of the pictures; raise `UnreadableError` if it is nothing."""
        can = find_spec(OCR) is not None
        again = 0 if self._recognised or not can else self._left
        if self._read:
            doubt = _both(doubt, f"{RECOGNISED}: {self._read} of them.")
        if self._left and not again:
            reason = f"Read are {_MOST} of them, of {_MOST_PIXELS // 10**6} megapixels." if can else OCR_MISSING
            doubt = _both(doubt, f"Pictures in it that were not read: {self._left}. {reason}")
        try:
            return writer.document(doubt=doubt, pictures=again)
        except UnreadableError as error:
            if self._left and error.code == "empty_document":
                code = "needs_ocr" if again else "ocr_missing"
                raise UnreadableError(f"It has no text but in pictures. {OCR_MISSING}", code=code) from error
            raise

    def _may_go_on(self) -> bool:
        within = len(self._seen) <= _MOST and self._pixels <= _MOST_PIXELS
        return within and time.process_time() - self._begun < _MOST_S


def inline(source: str) -> bytes:
    """Return the picture that an address holds itself, as `data:image/png;base64,…`; none for any other address."""
    head, _, data = source.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return b""
    try:
        return base64.b64decode(unquote(data), validate=False)
    except ValueError:
        return b""


def _both(one: str | None, other: str) -> str:
    return f"{one} {other}" if one else other
