"""Data sets from files: their examples checked against each other and linked to the documents they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.splits import split_by_document
from store.datasets import Dataset, create_dataset
from store.store import Store
from tuner.data.anchoring import Texts
from tuner.data.files.container import DataFile, refused
from tuner.data.formats.format import ReadExample
from tuner.data.formats.table import format_of
from tuner.data.linking import Linked, as_example, link
from tuner.data.reading import ReadFile, read_examples
from tuner.data.record import Place
from tuner.data.suspects import Named, suspects

_MAX_REPORTED = 5
_MAX_LISTED = 100  # of what was left out


@dataclass(frozen=True)
class Wishes:
    """How a file is to be imported.

    `split` is for records that name none. `written_as` names the format, which is otherwise told by the fields of the
    records. With `skip_bad` what is wrong is left out and listed; otherwise it keeps all of the file out.
    """

    split: str | None = None
    written_as: str | None = None
    skip_bad: bool = False


_PLAIN = Wishes()


def import_examples(
    store: Store, domain_id: str, name: str, data: bytes | Sequence[DataFile], wishes: Wishes = _PLAIN
) -> Dataset:
    """Store the examples of a file, or of several that belong together, as a data set.

    Without a split in the wishes, records that name none are for training if any record names one; if none does, the
    file is split by document. What was done, and what looks wrong in the file, are the warnings of the data set. Raises
    `InvalidInputError` naming the records that are malformed, ask twice, or name an unknown document; then nothing is
    stored.
    """
    files = [DataFile("", data)] if isinstance(data, bytes) else data
    texts = Texts(store, domain_id)
    found = read_examples(files, texts, format_of(wishes.written_as) if wishes.written_as else None)
    left_out = _left_out(found, skip_bad=wishes.skip_bad)
    if found.format is None or not found.rows:
        raise refused(f"no record is left. {left_out[0]}" if left_out else "the file has no line")
    rows = list(found.rows.values())
    linked = link(rows, texts)
    splits, how = _splits(rows, linked, wishes.split)
    examples = [
        as_example(key, split, each, texts) for key, split, each in zip(found.rows, splits, linked, strict=True)
    ]
    named = [Named(str(row.place), example) for row, example in zip(rows, examples, strict=True)]
    warnings = [*how, *left_out, *_remarks(found, rows, linked), *map(str, suspects(named, texts))]
    return create_dataset(store, domain_id, name, found.format.kind, "human", examples, warnings)


def _left_out(found: ReadFile, *, skip_bad: bool) -> list[str]:
    """Return a sentence for each part of the file that is left out; raise `InvalidInputError` unless it may be."""
    problems = found.problems
    if problems and not skip_bad:
        shown = "; ".join(map(str, problems[:_MAX_REPORTED]))
        more = f", and {len(problems) - _MAX_REPORTED} more" if len(problems) > _MAX_REPORTED else ""
        raise refused(f"{shown}{more}")
    more = f"Left out: {len(problems) - _MAX_LISTED} more." if len(problems) > _MAX_LISTED else ""
    return [*(f"Left out: {each}." for each in problems[:_MAX_LISTED]), *([more] if more else [])]


def _remarks(found: ReadFile, rows: Sequence[ReadExample], linked: Sequence[Linked]) -> list[str]:
    """Return sentences on what was stored otherwise than the file has it."""
    remarks = []
    if found.copies:
        remarks.append(f"{_places(found.copies)} repeated an earlier one and was stored once.")
    if found.unread and found.format:
        names = ", ".join(name[:80] for name, _ in found.unread.most_common(20))
        remarks.append(f"Fields that the format {found.format.name} does not have were left out: {names}.")
    lost = [row.place for row, each in zip(rows, linked, strict=True) if each.lost]
    if lost:
        remarks.append(f"{_places(lost)} came from a text that stands in no document of the domain.")
    return remarks


def _splits(rows: Sequence[ReadExample], linked: Sequence[Linked], split: str | None) -> tuple[list[str], list[str]]:
    """Return the split of each row, and a sentence about it if the rows themselves name none."""
    if split is not None or any(row.split for row in rows):
        return [row.split or split or "train" for row in rows], []
    found = split_by_document([(_words(row), [*each.documents]) for row, each in zip(rows, linked, strict=True)])
    counts = ", ".join(f"{found.count(each)} {each}" for each in ("train", "dev", "test"))
    bare = sum(not each.documents for each in linked)
    how = f"No line names a split, so the questions were split by document: {counts}."
    more = f" {bare} name no document and went by their own words." if bare else ""
    return [*found], [how + more]


def _words(row: ReadExample) -> str:
    """Return what an example without documents is split by: its question, or else its whole content."""
    asked = row.content.asked()
    return asked[0] if asked else row.content.model_dump_json()


def _places(places: Sequence[Place]) -> str:
    """Return "Line 3" or "3 records (line 4, line 5, …) each", some of them named."""
    if len(places) == 1:
        return f"{str(places[0])[:1].upper()}{str(places[0])[1:]}"
    named = ", ".join(map(str, places[:_MAX_REPORTED]))
    return f"{len(places)} records ({named}{', …' if len(places) > _MAX_REPORTED else ''}) each"
