"""Word documents: headings, numbers, lists, tables, notes, text boxes, and what stands at the edge of every page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.markup.archives import Archive, Element, attribute, local
from retriever.documents.markup.formulas import formula
from retriever.documents.markup.grids import Grid
from retriever.documents.markup.numbering import Numbering
from retriever.documents.markup.pictures import Pictures
from retriever.documents.markup.word import Style, Styles, child, is_on, number_of, part, value
from retriever.documents.markup.writer import Writer, one_line

_DEEPEST = 40
_WRAPPERS = frozenset(
    ["sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink", "fldSimple", "dir", "bdo"]
)
_LOST = frozenset(["del", "moveFrom", "delText", "instrText", "rPr", "pPr", "sdtPr", "Fallback"])
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_PICTURES = {"blip": "embed", "imagedata": "id"}  # elements, and what names the part that the picture is in
_NUMBER = re.compile(r"[\d\s/|.·–—-]*(?:of|von|de|/)?[\d\s-]*")
_LONGEST_HEADING = 80  # characters of a bold paragraph that is taken for one
_BOLD_LEVEL = 4
_ENDS = tuple(".。;；,，:：!！")


def read(data: bytes) -> ReadDocument:
    """Return the text of a document; raise `UnreadableError` if it cannot be opened, or has none."""
    return _read(data, Pictures())


def read_pictures(data: bytes) -> ReadDocument:
    """Return the same with the text of its pictures."""
    return _read(data, Pictures(recognised=True))


def _read(data: bytes, pictures: Pictures) -> ReadDocument:
    archive = Archive(data)
    return _Document(archive, _main(archive), pictures).read()


def _main(archive: Archive) -> str:
    """Return the name of the part that is the document itself."""
    found = next((target for kind, target in archive.relations("").values() if kind == "officeDocument"), "")
    return found if archive.has(found) else "word/document.xml"


class _Document:
    def __init__(self, archive: Archive, name: str, pictures: Pictures) -> None:
        self._archive = archive
        self._pictures = pictures
        self._seen: list[str] = []  # relations of pictures in what is being written
        self._parts = archive.relations(name)
        self._root = archive.xml(name)
        by_kind = dict(self._parts.values())
        self._styles = Styles(part(archive, by_kind.get("styles", "word/styles.xml")))
        self._numbering = Numbering(part(archive, by_kind.get("numbering", "word/numbering.xml")))
        self._by_kind = by_kind
        self._writer = Writer()
        self._notes: list[tuple[str, str]] = []
        self._boxes: list[Element] = []
        ids = {value(each, "pStyle") for each in self._root.iter() if local(each) == "pPr"}
        self._has_headings = any(self._styles.of(each).level for each in ids)

    def read(self) -> ReadDocument:
        """Return all of it: what stands at the upper edge first, the notes and the lower edge last."""
        body = child(self._root, "body")
        if body is None:
            raise UnreadableError("The document has no body: it is damaged.", code="damaged")
        edges = [self._edge("headerReference"), self._edge("footerReference")]
        self._seen = []  # those at the edges are signs of the house
        self._writer.paragraph("\n".join(edges[0]))
        self._blocks(body, 0)
        self._write_pictures()
        self._write_notes()
        self._write_comments()
        self._writer.paragraph("\n".join(edges[1]))
        return self._pictures.document(self._writer)

    def _blocks(self, parent: Element, depth: int) -> None:
        if depth > _DEEPEST:
            raise UnreadableError(f"The document is nested more than {_DEEPEST} deep.", code="too_deep")
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element, depth)
            elif name == "tbl":
                self._table(element, depth)
                self._write_pictures()
            elif name in _WRAPPERS or name in ("AlternateContent", "Choice"):
                self._blocks(element, depth + 1)

    def _paragraph(self, element: Element, depth: int) -> None:
        text = self._text(element)
        boxes, self._boxes = self._boxes, []
        properties = child(element, "pPr")
        style = self._styles.of(value(properties, "pStyle"))
        if text.strip():
            self._write(text, element, properties, style)
        self._write_pictures()
        for box in boxes:
            self._blocks(box, depth + 1)

    def _write_pictures(self) -> None:
        """Write the text of the pictures that were met."""
        seen, self._seen = self._seen, []
        for relation in seen:
            _, target = self._parts.get(relation, ("", ""))
            if self._archive.has(target):
                self._writer.recognised(self._pictures.text(self._archive.read(target)))

    def _write(self, text: str, element: Element, properties: Element | None, style: Style) -> None:
        outline = value(properties, "outlineLvl")
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 9 else style.level
        number = number_of(properties) or ((style.number, style.list_level) if style.number else None)
        mark = self._numbering.mark(*number) if number is not None else ""
        if not level and not mark and not self._has_headings and self._is_bold_line(element, style, text):
            level = _BOLD_LEVEL
        if level:
            self._writer.heading(level, text if mark in ("", "-") else f"{mark} {text}")
        elif mark:
            self._writer.item(mark, text, number[1] if number is not None else 0)
        else:
            self._writer.paragraph(text)

    def _is_bold_line(self, element: Element, style: Style, text: str) -> bool:
        """Return whether a paragraph is a short bold line, which is a heading where nothing else is one."""
        if len(text) > _LONGEST_HEADING or text.rstrip().endswith(_ENDS) or "\n" in text.strip():
            return False
        runs = [run for run in element.iter() if local(run) == "r" and "".join(run.itertext()).strip()]
        return bool(runs) and all(style.bold or is_on(child(run, "rPr"), "b") for run in runs)

    def _table(self, element: Element, depth: int) -> None:
        rows = self._rows(element, depth)
        cells = [cell for row in rows for cell in row if cell.strip()]
        if len(cells) == 1 or max(map(len, rows), default=0) == 1:  # it only frames what stands in it
            for cell in self._inside(element, "tc"):
                self._blocks(cell, depth + 1)
        else:
            self._writer.table(rows)

    def _rows(self, table: Element, depth: int) -> list[list[str]]:
        if depth > _DEEPEST:
            raise UnreadableError(f"The document is nested more than {_DEEPEST} deep.", code="too_deep")
        grid = Grid()
        for row in self._inside(table, "tr"):
            grid.new_row()
            before = value(child(row, "trPr"), "gridBefore")
            grid.skip(int(before) if before.isdigit() else 0)
            for cell in self._inside(row, "tc"):
                properties = child(cell, "tcPr")
                span = value(properties, "gridSpan")
                merged = child(properties, "vMerge")
                goes_on = merged is not None and (attribute(merged, "val") or "continue") == "continue"
                text = grid.above() if goes_on else self._cell(cell, depth)
                grid.cell(text, int(span) if span.isdigit() else 1)
        return grid.lines()

    def _cell(self, cell: Element, depth: int) -> str:
        parts: list[str] = []
        for element in self._flat(cell):
            if local(element) == "p":
                parts.append(self._text(element))
                boxes, self._boxes = self._boxes, []
                parts += [self._cell(box, depth + 1) for box in boxes if depth < _DEEPEST]
            elif local(element) == "tbl":
                parts += [" / ".join(filter(None, map(str.strip, row))) for row in self._rows(element, depth + 1)]
        return one_line(" ".join(parts))

    def _inside(self, parent: Element, name: str) -> Iterator[Element]:
        return (each for each in self._flat(parent) if local(each) == name)

    def _flat(self, parent: Element) -> Iterator[Element]:
        """Yield the children of an element, those of mere wrappers in their place."""
        waiting = list(reversed(parent))
        while waiting:
            element = waiting.pop()
            if local(element) in _WRAPPERS or local(element) in ("AlternateContent", "Choice"):
                waiting.extend(reversed(element))
            else:
                yield element

    def _text(self, paragraph: Element) -> str:
        """Return the words of a paragraph; text boxes in it wait to be written behind it."""
        parts: list[str] = []
        waiting = list(reversed(paragraph))
        while waiting:
            element = waiting.pop()
            name = local(element)
            if name in _PICTURES:
                self._seen.append(attribute(element, _PICTURES[name]) or "")
            elif name == "t" or name in _SIGNS:
                parts.append(_SIGNS.get(name, element.text or ""))
            elif name in _NOTES:
                parts.append(self._note(_NOTES[name], attribute(element, "id") or ""))
            elif name == "txbxContent":
                self._boxes.append(element)
            elif name in ("oMath", "oMathPara"):
                parts.append(formula(element))
            elif name == "docPr" and attribute(element, "descr"):
                parts.append(f" [{attribute(element, 'descr')}] ")
            elif name == "AlternateContent":
                waiting.extend(reversed(next((each for each in element if local(each) == "Choice"), element)))
            elif name not in _LOST:
                waiting.extend(reversed(element))
        return "".join(parts)

    def _note(self, kind: str, number: str) -> str:
        """Return the mark of a note, and keep it to be written at the end."""
        self._notes.append((kind, number))
        return f"[^{len(self._notes)}]"

    def _write_notes(self) -> None:
        known: dict[tuple[str, str], str] = {}
        for kind in ("footnotes", "endnotes"):
            root = part(self._archive, self._by_kind.get(kind, f"word/{kind}.xml"))
            for note in root if root is not None and any(each == kind for each, _ in self._notes) else ():
                texts = [self._text(each) for each in note.iter() if local(each) == "p"]
                known[kind, attribute(note, "id") or ""] = one_line(" ".join(texts))
        for place, key in enumerate(list(self._notes), start=1):
            self._writer.item(f"[^{place}]:", known.get(key, ""))

    def _write_comments(self) -> None:
        root = part(self._archive, self._by_kind.get("comments", "word/comments.xml"))
        for comment in root if root is not None else ():
            text = one_line(" ".join(self._text(each) for each in comment.iter() if local(each) == "p"))
            if text:
                self._writer.paragraph(f"Comment by {attribute(comment, 'author') or 'unknown'}: {text}")

    def _edge(self, kind: str) -> list[str]:
        """Return the lines of the headers or footers that a section refers to, each once; numbers of pages are none."""
        found: list[str] = []
        for reference in (each for each in self._root.iter() if local(each) == kind):
            _, target = self._parts.get(attribute(reference, "id") or "", ("", ""))
            root = part(self._archive, target) if target else None
            for paragraph in root.iter() if root is not None else ():
                text = one_line(self._text(paragraph)) if local(paragraph) == "p" else ""
                if text and text not in found and not _NUMBER.fullmatch(text):
                    found.append(text)
        self._boxes = []
        return found
