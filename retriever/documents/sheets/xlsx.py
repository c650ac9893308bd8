"""XLSX: the formats of its cells, which stand in its styles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from retriever.documents.markup.archives import Archive, Element, Target, attribute, local
from retriever.documents.sheets.number_formats import BUILT_IN, Show, show_by

Cell = tuple[int, int, Show]  # row and column, from 0, and what shows the value that stands there
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class XlsxLooks:
    """How the cells of an XLSX workbook are shown."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        main = next((each for kind, each in archive.relations("").values() if kind == "officeDocument"), "")
        self._main = main if archive.has(main) else "xl/workbook.xml"
        self._parts = archive.relations(self._main)
        self._shows = self._styles()

    def cells(self, sheet: str) -> Iterator[Cell]:
        """Yield the cells of a sheet of which the format says more than the value."""
        _, target = self._parts.get(self._sheets().get(sheet, ""), ("", ""))
        if self._shows and self._archive.has(target):
            found = _Cells(self._shows)
            self._archive.feed(target, found)
            yield from found.cells

    def _sheets(self) -> dict[str, str]:
        root = self._archive.xml(self._main)
        sheets = [each for each in root.iter() if local(each) == "sheet"]
        return {
            each.get("name", ""): next((text for key, text in each.attrib.items() if key.endswith("}id")), "")
            for each in sheets
        }

    def _styles(self) -> dict[str, Show]:
        """Return what shows the values of a style, by the number of the style."""
        target = next((each for kind, each in self._parts.values() if kind == "styles"), "")
        if not self._archive.has(target):
            return {}
        root = self._archive.xml(target)
        codes = BUILT_IN | {
            int(each.get("numFmtId", "0")): each.get("formatCode", "")
            for each in root.iter()
            if local(each) == "numFmt"
        }
        styles = next((list(each) for each in root if local(each) == "cellXfs"), list[Element]())
        shows = (show_by(codes.get(int(attribute(each, "numFmtId") or "0"), "")) for each in styles)
        return {str(number): show for number, show in enumerate(shows) if show is not None}


class _Cells(Target):
    """Takes the elements of a sheet as they come: as a tree they would not fit into memory."""

    def __init__(self, shows: Mapping[str, Show]) -> None:
        self.cells: list[Cell] = []
        self._shows = shows
        self._row = self._column = -1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element; a cell that does not say where it stands follows the last."""
        name = tag.rpartition("}")[2]
        if name == "row":
            given = attributes.get("r", "")
            self._row, self._column = (int(given) - 1 if given.isdigit() else self._row + 1), -1
        elif name == "c":
            self._column += 1
            place = _PLACE.fullmatch(attributes.get("r", ""))
            if place is not None:
                self._row, self._column = int(place[2]) - 1, _column(place[1])
            show = self._shows.get(attributes.get("s", ""))
            if show is not None:
                self.cells.append((self._row, self._column, show))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1
