"""The exports of data sets: ONE table. A new one is a module beside this, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from store.datasets import Dataset, list_examples
from store.errors import InvalidInputError, UnprocessableError
from store.store import Store
from tuner.data.exports.beir import BEIR
from tuner.data.exports.chat import CHAT
from tuner.data.exports.export import Asked, Export
from tuner.data.exports.lines import LINES

_ROWS = (CHAT, BEIR, LINES)
EXPORTS: Mapping[str, Export] = MappingProxyType({row.name: row for row in _ROWS})


def export(store: Store, dataset: Dataset, name: str, split: str | None = None) -> Mapping[str, bytes]:
    """Return the files of a data set by name; examples whose documents were deleted or replaced are left out.

    Raises `InvalidInputError` for an export that there is not, or not for such a data set.
    """
    row = EXPORTS.get(name)
    fitting = [each.name for each in _ROWS if dataset.kind in each.kinds]
    if row is None or dataset.kind not in row.kinds:
        said = f"A data set of the kind {dataset.kind} is exported as {' or '.join(fitting)}, not as {name[:80]!r}."
        raise InvalidInputError(said, param="format")
    examples = [each for each in list_examples(store, dataset.id) if each.flag is None and split in (None, each.split)]
    if not examples:
        which = f" in the split {split!r}" if split else ""
        raise UnprocessableError(f"{dataset.name} has no usable example{which}.", code="no_examples")
    return row.write(Asked(store, dataset, examples))
