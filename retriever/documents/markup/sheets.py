"""The cells of a sheet, or of a file of separated values, as the tables that stand there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from retriever.documents.markup.writer import Row, Writer

_HEAD = 5  # rows at the top of a table in which the names of its columns are looked for
_NAMES = 0.6  # of the cells of its fullest row that the row of names has at least
_BESIDE = 0.6  # of the rows of the lower of two tables that also the other one has: then they are one

_Rows = list[list[str]]


def write_sheet(writer: Writer, rows: Sequence[Row], *, first_row_names: bool = False) -> None:
    """Write the tables of a sheet, which blank rows part; what stands above the names of the columns is a caption.

    With `first_row_names` the first row with several cells has the names.
    """
    for region in _regions(rows):
        fullest = max(map(_filled, region))
        least = 2.0 if first_row_names else max(2.0, _NAMES * fullest)
        place = next((n for n, row in enumerate(region[:_HEAD]) if _filled(row) >= least), 0) if fullest > 1 else 0
        captions, table = region[:place], region[place:]
        for row in captions:
            writer.paragraph(" ".join(cell for cell in row if cell.strip()))
        writer.table([_names(table[0], captions[-1] if captions else ()), *table[1:]])


def _names(row: Row, above: Row) -> Row:
    """Return the names of columns; where some are the same, each behind the group that stands above it."""
    said = Counter(filter(None, row))
    if not above or max(said.values(), default=0) < 2:
        return row
    names, group = [], ""
    for place, name in enumerate(row):
        group = above[place] if place < len(above) and above[place] else group
        names.append(f"{group} {name}".strip() if said[name] > 1 else name)
    return names


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _regions(rows: Sequence[Row]) -> list[_Rows]:
    """Return the tables on a sheet: what blank rows part, and of that what stands beside each other by chance."""
    found: list[_Rows] = []
    fresh = True
    for row in rows:
        if _filled(row) and fresh:
            found.append([])
        if _filled(row):
            found[-1].append(list(row))
        fresh = not _filled(row)
    return [part for region in _with_heads(found) for part in _side_by_side(region)]


def _with_heads(regions: Sequence[_Rows]) -> list[_Rows]:
    """Return the regions, one that is nothing but names of columns together with the one below it."""
    found: list[_Rows] = []
    for region in regions:
        if found and _is_head(found[-1], region):
            found[-1] = [*found[-1], *region]
        else:
            found.append(region)
    return found


def _is_head(above: _Rows, below: _Rows) -> bool:
    names, first = above[-1], below[0]
    numbers = sum(map(_is_number, first))
    return (
        len(above) < _HEAD
        and not any(map(_is_number, names))
        and numbers > 1
        and _filled(names) >= max(2.0, _NAMES * max(map(_filled, below)))
    )


def _is_number(cell: str) -> bool:
    return cell.strip("-+%$€£ ").replace(",", "").replace(".", "").isdigit()


def _side_by_side(region: _Rows) -> list[_Rows]:
    """Return a region in parts: those that blank columns part, and that do not begin and end in the same rows."""
    width = max(map(len, region))
    used = [any(place < len(row) and row[place].strip() for row in region) for place in range(width)]
    columns: list[list[int]] = []
    for place, filled in enumerate(used):
        if filled and (place == 0 or not used[place - 1]):
            columns.append([])
        if filled:
            columns[-1].append(place)
    parts = [[[row[place] if place < len(row) else "" for place in part] for row in region] for part in columns]
    spans = [_span(part) for part in parts]
    small = any(len(part[0]) < 2 or last - first < 2 for part, (first, last) in zip(parts, spans, strict=True))
    if len(parts) < 2 or small or not all(_apart(one, other) for one, other in pairwise(spans)):
        return [region]
    return [part[first : last + 1] for part, (first, last) in zip(parts, spans, strict=True)]


def _span(part: _Rows) -> tuple[int, int]:
    filled = [place for place, row in enumerate(part) if _filled(row)]
    return filled[0], filled[-1]


def _apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    common = min(one[1], other[1]) - max(one[0], other[0]) + 1
    return common < _BESIDE * max(one[1] - one[0] + 1, other[1] - other[0] + 1)
