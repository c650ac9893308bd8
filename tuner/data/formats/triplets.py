"""The format `triplets`: columns in the order query, positive, negatives; their names do not matter, but for labels."""

from __future__ import annotations

from store.examples import TripletContent
from store.json_values import Json
from store.refusals import kind_of
from tuner.data.formats.format import ANY_FIELD, COMMON, Format, FormatError, ReadExample, Row, read_row, simple
from tuner.data.record import Place, Record

_LABELS = ("label", "labels", "score", "scores")
# What the first two columns are often called: a file that calls them otherwise is read so if its format is named.
_PAIRS = (
    ("anchor", "positive"), ("query", "positive"), ("query", "document"), ("query", "passage"), ("query", "answer"),
    ("question", "positive"), ("sentence1", "sentence2"), ("sentence_A", "sentence_B"), ("text1", "text2"),
    ("premise", "hypothesis"), ("texta", "textb"), ("anchor", "text"),
)  # fmt: skip


def read(record: Record) -> ReadExample:
    """Return the example of a record."""
    row, place = read_row(Row, record), record.place
    texts = {name: value for name, value in record.fields.items() if name not in COMMON and name not in _LABELS}
    for name, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise FormatError(place, f"{name} must be a text, not {kind_of(value) if value else 'empty'}")
    query, *others = [str(value) for value in texts.values()]
    if not others:
        raise FormatError(place, "there is one column of texts; a query and a text that belongs to it are needed")
    label = next((name for name in _LABELS if record.get(name) not in (None, "")), None)
    if label is None:
        return row.example(place, TripletContent(query=query, positives=others[:1], negatives=others[1:]))
    if len(others) > 1:
        raise FormatError(place, f"{label} is the label of a pair, and there are {len(others) + 1} texts")
    score = _number(record.get(label), label, place)
    positives, negatives = (others, []) if score > 0 else ([], others)
    return row.example(
        place,
        TripletContent(
            query=query,
            positives=positives,
            negatives=negatives,
            positive_scores=[score] if positives else None,
            negative_scores=[score] if negatives else None,
        ),
    )


def _number(given: Json, name: str, place: Place) -> float:
    try:
        if isinstance(given, int | float | str):
            return float(given)
    except ValueError:
        pass
    raise FormatError(place, f"{name} must be a number, not {kind_of(given)}")


def _is(record: Record) -> bool:
    return any(record.has(*pair) for pair in _PAIRS) and not record.has("answers")


_SIMPLE = simple(
    "triplets",
    kind="triplets",
    keys='{"anchor": "…", "positive": "…", "negative": "…"}, or two texts with a "label"',
    own=frozenset(),
    detects=_is,
    read=read,
)
TRIPLETS = Format(_SIMPLE.name, _SIMPLE.kind, _SIMPLE.keys, frozenset({ANY_FIELD}), _SIMPLE.detects, _SIMPLE.read)
