"""Lists as tables that never cut an id: aligned where they fit, one field a line where not, tabs for programs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from service.commands.terminal import is_terminal, one_line

_GAP = "  "
_INDENT = "    "


@dataclass(frozen=True)
class Table:
    """The cells of a list under its columns; `details` are columns of long text, shown below their row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    details: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return the lines to print: for a terminal as wide as it is, or for a program, one row a line."""
        cells = [[one_line(cell) for cell in row] for row in self.rows]
        if not is_terminal():
            return ["\t".join(row) for row in [list(self.columns), *cells]]
        return self.fitted(cells, shutil.get_terminal_size().columns)

    def fitted(self, cells: Sequence[Sequence[str]], width: int) -> list[str]:
        """Return the lines for a terminal of that many columns; only details are ever folded."""
        if not cells:
            return ["none"]
        short = [number for number, name in enumerate(self.columns) if name not in self.details]
        long = [number for number in range(len(self.columns)) if number not in short]
        widths = {at: max(_width(row[at]) for row in [self.columns, *cells]) for at in short}
        if sum(widths.values()) + len(_GAP) * (len(short) - 1) > width:
            return self._records(cells, width)
        lines = [_padded(self.columns, widths)]
        for row in cells:
            lines.append(_padded(row, widths))
            for at in long:
                lines += _folded(f"{self.columns[at]}: {row[at]}", width) if row[at] else []
        return lines

    def _records(self, cells: Sequence[Sequence[str]], width: int) -> list[str]:
        """Return one field a line, details below their name, and an empty line between the records."""
        wide = max(len(name) for name in self.columns)
        lines: list[str] = []
        for row in cells:
            lines += [""] if lines else []
            for name, text in zip(self.columns, row, strict=True):
                if name in self.details and text:
                    lines += [name, *_folded(text, width)]
                elif text:
                    lines.append(f"{name:{wide}}{_GAP}{text}")
        return lines


def _padded(row: Sequence[str], widths: dict[int, int]) -> str:
    """Return the cells side by side; characters may be two columns wide."""
    return _GAP.join(row[at] + " " * (wide - _width(row[at])) for at, wide in widths.items()).rstrip()


def _folded(text: str, width: int) -> list[str]:
    """Return the text on indented lines that are broken between words, where there are any."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=max(width - len(_INDENT), 20))
    return [_INDENT + line.plain.rstrip() for line in Text(text).wrap(console, console.width)]


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
