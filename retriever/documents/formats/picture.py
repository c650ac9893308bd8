"""Pictures, of which the text is recognised: photographs of pages, screenshots, scans of several pages."""

from __future__ import annotations

import io

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.pictures import RECOGNISED
from retriever.documents.pdf.assembly import Assembly, PageContent
from retriever.documents.pdf.tables import PageLayout
from retriever.documents.recognition import recognised_picture

_MOST_PIXELS = 60_000_000
_MOST_FRAMES = 100


def read(data: bytes) -> ReadDocument:
    """Return the text in a picture; raise `UnreadableError` if it cannot be opened or has none."""
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS // 2  # at twice as many it refuses
    assembly = Assembly()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
                if number > _MOST_FRAMES:
                    break
                lines = recognised_picture(frame.convert("RGB"))
                assembly.add(PageContent(number, lines, PageLayout(), "ocr"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableError(f"The picture cannot be opened: {str(error)[:200]}.", code="damaged") from error
    return assembly.document(doubt=f"{RECOGNISED}.")
