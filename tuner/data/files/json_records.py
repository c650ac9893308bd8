"""JSON: an object on each line, one array of objects, or one object that holds everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from store.json_values import Json
from store.refusals import kind_of
from tuner.data.files.container import Container, DataFile, decoded
from tuner.data.record import Place, Problem, Record

_DECODER = json.JSONDecoder()
_BLANKS = " \t\r\n"
_WRAPPERS = ("results", "data")  # an object that holds nothing but a list of records under one of these


def records(files: Sequence[DataFile], problems: list[Problem]) -> Iterator[Record]:
    """Yield the records of a file; see `Container`."""
    text = decoded(files[0])
    lines = text.lstrip(_BLANKS).split("\n", 2)
    alone = _is_value(lines[0])  # the first line is a value: so are the others, unless there is one line only
    if lines[0].startswith("[") and (not alone or _is_value(text)):
        yield from _array(text, problems)
    elif lines[0].startswith("{") and (_holds_records(text) if alone else _goes_on(lines)):
        yield from _object(text, problems)
    else:
        yield from _lines(text, problems)


def _lines(text: str, problems: list[Problem]) -> Iterator[Record]:
    number = 0
    for line, content in enumerate(text.split("\n"), start=1):  # `splitlines` would also cut at U+2028 in a string
        if not content.strip():
            continue
        number += 1
        place = Place(number, line)
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:  # also a number of 5000 digits, and brackets without end
            problems.append(Problem(place, f"no JSON ({getattr(error, 'msg', error)})"))
        else:
            yield from _record(place, value, problems)


def _array(text: str, problems: list[Problem]) -> Iterator[Record]:
    """Yield the objects of an array; what follows a broken one cannot be read."""
    position = text.index("[") + 1
    line, counted, number = 1, 0, 0
    while True:
        position = _skip(text, position, ",") if number else _skip(text, position, "")
        line += text.count("\n", counted, position)
        counted = position
        if text[position : position + 1] == "]":
            _check_rest(text, position + 1, Place(number + 1, line), problems)
            return
        number += 1
        place = Place(number, line, shared=True)
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            broken = line + text.count("\n", counted, getattr(error, "pos", position))
            said = f"no JSON ({getattr(error, 'msg', error)} in line {broken}); the array cannot be read from here on"
            problems.append(Problem(place, said))
            return
        yield from _record(place, value, problems)


def _check_rest(text: str, position: int, place: Place, problems: list[Problem]) -> None:
    if text[position:].strip():
        problems.append(Problem(place, "something follows the end of the array"))


def _skip(text: str, position: int, separator: str) -> int:
    """Return the position after blanks, one separator and blanks."""
    while text[position : position + 1] and text[position] in _BLANKS:
        position += 1
    if separator and text[position : position + 1] == separator:
        return _skip(text, position + 1, "")
    return position


def _record(place: Place, value: Json, problems: list[Problem]) -> Iterator[Record]:
    if isinstance(value, dict):
        yield Record(place, value)
    else:
        problems.append(Problem(place, f"the record must be a JSON object, not {kind_of(value)}"))


def _object(text: str, problems: list[Problem]) -> Iterator[Record]:
    """Yield the records that one object holds; where it ends before the text does, there is one on each line."""
    try:
        whole: Json = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            yield from _lines(text, problems)
        else:
            problems.append(Problem(Place(1, error.lineno), f"no JSON ({error.msg})"))
    except (ValueError, RecursionError) as error:
        problems.append(Problem(Place(1, 1), f"no JSON ({error})"))
    else:
        yield from _unwrapped(whole)


def _holds_records(text: str) -> bool:
    return any(f'"{name}"' in text[:2000] for name in _WRAPPERS)


def _goes_on(lines: Sequence[str]) -> bool:
    """Return whether an object that the first line begins goes on in the second, which then begins no other."""
    return len(lines) > 1 and not lines[1].lstrip().startswith("{")


def _is_value(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _unwrapped(whole: Json) -> Iterator[Record]:
    """Yield the records of a list that an object holds, or the object itself."""
    fields = whole if isinstance(whole, dict) else {}
    for name in _WRAPPERS:
        inside = fields.get(name)
        if isinstance(inside, list) and inside and all(isinstance(e, dict) and "paragraphs" not in e for e in inside):
            for number, each in enumerate(inside, start=1):
                yield Record(Place(number, part=f"{name}.{number - 1}"), each if isinstance(each, dict) else {})
            return
    yield Record(Place(1, 1), fields)


JSON_RECORDS = Container("JSON", takes=lambda files: len(files) == 1, records=records)
