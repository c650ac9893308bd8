"""Tables whose cells span several rows or columns, made into a grid in which every place has its text."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_COLUMNS = 1000
_MOST_PLACES = 2_000_000
_REPEATED = 200  # characters of a cell that stands in every place that it spans; a longer one in the first alone


@dataclass
class Grid:
    """Rows are added one by one, and cells to the last row, from the left."""

    rows: list[dict[int, str]] = field(default_factory=list)
    _column: int = 0
    _below: dict[int, tuple[int, str]] = field(default_factory=dict)  # places that a cell above spans, how often still
    _places: int = 0

    def new_row(self) -> None:
        """Begin a row, with the cells that span into it."""
        self._fill()
        self.rows.append({})
        self._column = 0

    def cell(self, text: str, columns: int = 1, rows: int = 1) -> None:
        """Add a cell to the last row, at the first place that is free."""
        if not self.rows:
            self.new_row()
        self._skip()
        columns = max(1, min(columns, _MOST_COLUMNS - self._column))
        rows = max(1, min(rows, 10_000))
        repeated = text if len(text) <= _REPEATED else ""
        for place in range(columns):
            if self._column >= _MOST_COLUMNS or self._places >= _MOST_PLACES:
                return
            self._places += 1
            self.rows[-1][self._column] = text if place == 0 else repeated
            if rows > 1:
                self._below[self._column] = (rows - 1, repeated)
            self._column += 1

    def skip(self, columns: int) -> None:
        """Leave places of the last row empty."""
        for _ in range(min(columns, _MOST_COLUMNS)):
            self.cell("")

    def above(self) -> str:
        """Return the text of the row before at the place that comes next; "" if there is none."""
        self._skip()
        return self.rows[-2].get(self._column, "") if len(self.rows) > 1 else ""

    def lines(self) -> list[list[str]]:
        """Return the rows, all of the same length."""
        self._fill()
        width = max((max(row, default=-1) + 1 for row in self.rows), default=0)
        return [[row.get(place, "") for place in range(width)] for row in self.rows]

    def _skip(self) -> None:
        """Go past the places that a cell above spans."""
        while self._column in self._below and self._column not in self.rows[-1]:
            self._take(self._column)
            self._column += 1

    def _fill(self) -> None:
        for place in list(self._below) if self.rows else ():
            if place not in self.rows[-1] and place >= self._column:
                self._take(place)

    def _take(self, place: int) -> None:
        left, text = self._below.pop(place)
        self.rows[-1][place] = text
        self._places += 1
        if left > 1 and self._places < _MOST_PLACES:
            self._below[place] = (left - 1, text)
