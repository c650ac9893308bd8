"""The cells of the tables of a text, as the passages will have them."""

from __future__ import annotations

from retriever.documents.blocks import ReadDocument
from retriever.documents.structure.parsing import units


def cell(document: ReadDocument, row: str, column: str) -> str | None:
    """Return what stands in the row that has a cell with this text, under this column; None if there is no such row."""
    for unit in units(document.text, markdown=document.markdown):
        if unit.kind == "row" and any(each.text == row for each in unit.cells):
            return next((each.text for each in unit.cells if each.column == column), None)
    return None
