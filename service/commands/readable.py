"""Objects of the wire as text for people: one field a line, what is nested indented, times and shares readable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

_HIDDEN = ("object",)  # says which kind of object it is, to programs
_STEP = "  "
_LONG = 80  # characters of a list that is shown on one line
_WORDS = {None: "", True: "yes", False: "no"}


def described(data: Mapping[str, object]) -> list[str]:
    """Return a line for each field, names in a column; objects within begin on a line of their own."""
    shown = {name: value for name, value in data.items() if name not in _HIDDEN}
    wide = max((len(name) for name in shown), default=0)
    lines: list[str] = []
    for name, value in shown.items():
        if isinstance(value, Mapping) and value and not is_error(value):
            lines += [name, *(_STEP + line for line in described(value))]
        elif isinstance(value, list) and (any(isinstance(item, Mapping) for item in value) or len(cell(value)) > _LONG):
            lines += [name, *_items(value)]
        else:
            lines.append(f"{name:{wide}}{_STEP}{_field(name, value)}")
    return lines


def cell(value: object) -> str:
    """Return a value as the text of one cell: what a person would say, without braces and quotes."""
    if isinstance(value, Mapping):
        if is_error(value):
            return f"{value['message']} ({value['code']})"
        return ", ".join(f"{name} {cell(part) or '-'}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(cell(part) or "-" for part in value)
    if isinstance(value, float):
        return f"{round(value, 4):g}" if abs(value) < 1000 else f"{value:.0f}"
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)


def day_of(seconds: object) -> str:
    """Return Unix time in words, "never" for none."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(" ") if isinstance(seconds, int) else "never"


def is_error(value: Mapping[str, object]) -> bool:
    """Return whether this is the error of a document or of a job."""
    return value.keys() == {"code", "message"}


def _field(name: str, value: object) -> str:
    if name.endswith("_at") and isinstance(value, int):
        return day_of(value)
    if name.endswith(("_bytes", "_free")) and isinstance(value, int):
        return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
    return cell(value) or "-"


def _items(values: list[object]) -> list[str]:
    """Return the lines of a list of objects; each begins with a dash."""
    lines: list[str] = []
    for value in values:
        inner = described(value) if isinstance(value, Mapping) else [cell(value)]
        lines += [f"{_STEP}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(inner)]
    return lines
