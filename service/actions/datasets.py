"""Data sets: importing files, and writing them as files that other tools read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from service.runtime import Runtime
from store.datasets import Dataset, get_dataset
from store.domains import Domain
from tuner.data.exports.table import export
from tuner.data.files.container import DataFile
from tuner.data.importing import Wishes, import_examples


@dataclass(frozen=True)
class Exported:
    """A file to send, and whether it is a ZIP archive of several."""

    data: bytes
    zipped: bool


def take(runtime: Runtime, domain: Domain, name: str, files: Sequence[DataFile], wishes: Wishes) -> Dataset:
    """Store the examples of files as a data set; see `tuner.data.importing`."""
    return import_examples(runtime.store, domain.id, name, files, wishes)


def written(runtime: Runtime, domain: Domain, name: str, form: str, split: str | None) -> Exported:
    """Return a data set as a file; an export of several files is one archive."""
    dataset = get_dataset(runtime.store, domain.id, name)
    files = export(runtime.store, dataset, form, split)
    if len(files) == 1:
        return Exported(next(iter(files.values())), zipped=False)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
    return Exported(packed.getvalue(), zipped=True)
