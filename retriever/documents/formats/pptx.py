"""Presentations: each slide with its title, text, tables, charts and notes; a slide is a page."""

from __future__ import annotations

from collections.abc import Iterator

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.archives import Archive, Element, attribute, local
from retriever.documents.markup.formulas import formula
from retriever.documents.markup.grids import Grid
from retriever.documents.markup.pictures import Pictures
from retriever.documents.markup.word import child, part
from retriever.documents.markup.writer import Writer, one_line

_TITLES = ("title", "ctrTitle")
_NUMBERS = ("sldNum", "dt", "hdr")
_DEEPEST = 30
_MOST_POINTS = 5000  # of a chart


def read(data: bytes) -> ReadDocument:
    """Return the slides in order; raise `UnreadableError` if it cannot be opened, or has no text."""
    return _read(data, Pictures())


def read_pictures(data: bytes) -> ReadDocument:
    """Return the same with the text of its pictures."""
    return _read(data, Pictures(recognised=True))


def _read(data: bytes, pictures: Pictures) -> ReadDocument:
    archive = Archive(data)
    main = next((target for kind, target in archive.relations("").values() if kind == "officeDocument"), "")
    main = main if archive.has(main) else "ppt/presentation.xml"
    parts = archive.relations(main)
    ids = [_relation(each) for each in archive.xml(main).iter() if local(each) == "sldId"]
    names = [parts[each][1] for each in ids if each in parts and archive.has(parts[each][1])]
    if not names:
        raise UnreadableError(f"Of its {len(ids)} slides none is there.", code="damaged")
    writer = Writer()
    for number, name in enumerate(names, start=1):
        writer.page(number)
        _Slide(archive, name, writer, pictures).write(number)
    return pictures.document(writer)


def _relation(element: Element) -> str:
    """Return the id of a relation: an element has one of its own, too."""
    return next((text for key, text in element.attrib.items() if key.endswith("relationships}id")), "")


class _Slide:
    def __init__(self, archive: Archive, name: str, writer: Writer, pictures: Pictures) -> None:
        self._archive = archive
        self._pictures = pictures
        self._parts = archive.relations(name)
        self._root = archive.xml(name)
        self._writer = writer

    def write(self, number: int) -> None:
        """Write the slide: its title first, wherever it stands."""
        shapes = list(_shapes(self._root))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES and _said(shape)]
        title = one_line(" ".join(_said(shape) for shape in titles))
        self._writer.heading(2, title or f"Slide {number}")
        for shape in shapes:
            if shape not in titles and _placeholder(shape) not in _NUMBERS:
                self._write_shape(shape)
        self._write_notes()

    def _write_shape(self, shape: Element) -> None:
        if local(shape) == "graphicFrame":
            self._write_frame(shape)
            return
        described = next((attribute(each, "descr") for each in shape.iter() if local(each) == "cNvPr"), None)
        if local(shape) == "pic" and described:
            self._writer.paragraph(f"[{described}]")
        if local(shape) == "pic":
            self._write_picture(shape)
        body = child(shape, "txBody")
        self._write_body(body if body is not None else ())

    def _write_picture(self, shape: Element) -> None:
        relation = next((attribute(each, "embed") for each in shape.iter() if local(each) == "blip"), None)
        _, target = self._parts.get(relation or "", ("", ""))
        if self._archive.has(target):
            self._writer.recognised(self._pictures.text(self._archive.read(target)))

    def _write_body(self, body: Element | tuple[()]) -> None:
        paragraphs = [each for each in body if local(each) == "p"]
        for paragraph in paragraphs:
            properties = child(paragraph, "pPr")
            level = (attribute(properties, "lvl") or "0") if properties is not None else "0"
            listed = properties is not None and any(local(each) in ("buChar", "buAutoNum") for each in properties)
            text = _text(paragraph)
            if listed or level.strip("0"):
                self._writer.item("-", text, int(level) if level.isdigit() else 0)
            else:
                self._writer.paragraph(text)

    def _write_frame(self, frame: Element) -> None:
        for element in frame.iter():
            name = local(element)
            if name == "tbl":
                self._writer.table(_rows(element))
            elif name == "chart":
                self._write_chart(self._target(element, "id"))
            elif name == "relIds":
                self._write_diagram(self._target(element, "dm"))

    def _target(self, element: Element, name: str) -> Element | None:
        _, target = self._parts.get(attribute(element, name) or "", ("", ""))
        return part(self._archive, target) if target else None

    def _write_chart(self, root: Element | None) -> None:
        """Write a chart as a table: a row for each category, a column for each series."""
        if root is None:
            return
        title = child(root, "chart", "title")
        if title is not None:
            self._writer.paragraph(_all_text(title))
        series = [each for each in root.iter() if local(each) == "ser"]
        if not series:
            return
        categories = _points(series[0], "cat") or _points(series[0], "xVal")
        columns = [_points(each, "val") or _points(each, "yVal") for each in series]
        names = [" ".join(_points(each, "tx").values()) for each in series]
        places = sorted({place for points in (categories, *columns) for place in points})[:_MOST_POINTS]
        rows = [[categories.get(place, ""), *(points.get(place, "") for points in columns)] for place in places]
        self._writer.table([["", *names], *rows])

    def _write_diagram(self, root: Element | None) -> None:
        for paragraph in root.iter() if root is not None else ():
            if local(paragraph) == "p":
                self._writer.item("-", _text(paragraph))

    def _write_notes(self) -> None:
        target = next((target for kind, target in self._parts.values() if kind == "notesSlide"), "")
        if not self._archive.has(target):
            return
        for shape in _shapes(self._archive.xml(target)):
            if _placeholder(shape) == "body" and _said(shape):
                self._writer.paragraph(f"Notes: {_said(shape)}")


def _shapes(root: Element) -> Iterator[Element]:
    """Yield the shapes of a slide in order, those of groups in their place."""
    tree = child(root, "cSld", "spTree")
    waiting = list(reversed(tree)) if tree is not None else []
    while waiting:
        element = waiting.pop()
        name = local(element)
        if name in ("grpSp", "Choice"):
            waiting.extend(reversed(element))
        elif name == "AlternateContent":
            waiting.extend(reversed([each for each in element if local(each) == "Choice"] or list(element)))
        elif name in ("sp", "graphicFrame", "pic", "cxnSp"):
            yield element


def _placeholder(shape: Element) -> str:
    found = next((each for each in shape.iter() if local(each) == "ph"), None)
    return (attribute(found, "type") or "body") if found is not None else ""


def _said(shape: Element) -> str:
    body = child(shape, "txBody")
    paragraphs = [_text(each) for each in (body if body is not None else ()) if local(each) == "p"]
    return "\n".join(filter(str.strip, paragraphs))


def _text(paragraph: Element) -> str:
    parts: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        name = local(element)
        if name == "t":
            parts.append(element.text or "")
        elif name == "br":
            parts.append("\n")
        elif name in ("oMath", "oMathPara"):
            parts.append(formula(element))
        elif name == "AlternateContent":
            waiting.extend(reversed([each for each in element if local(each) == "Choice"]))
        elif not name.endswith("Pr"):
            waiting.extend(reversed(element))
    return "".join(parts)


def _all_text(element: Element) -> str:
    return " ".join(text for each in element.iter() if local(each) == "p" and (text := _text(each).strip()))


def _rows(table: Element) -> list[list[str]]:
    grid = Grid()
    for row in (each for each in table if local(each) == "tr"):
        grid.new_row()
        for cell in (each for each in row if local(each) == "tc"):
            if attribute(cell, "hMerge") == "1" or attribute(cell, "vMerge") == "1":
                continue  # the cell that spans into it fills its place
            spans = [attribute(cell, name) or "1" for name in ("gridSpan", "rowSpan")]
            columns, rows = (int(each) if each.isdigit() and len(each) < 5 else 1 for each in spans)
            grid.cell(_all_text(cell), columns, rows)
    return grid.lines()


def _points(series: Element, name: str) -> dict[int, str]:
    """Return what a chart has kept of the values of a series, by place."""
    found: dict[int, str] = {}
    values = child(series, name)
    for point in values.iter() if values is not None else ():
        place = attribute(point, "idx") or ""
        if local(point) == "pt" and place.isdigit():
            text = next((each.text for each in point if local(each) == "v"), "") or ""
            found[int(place)] = text
    return found
