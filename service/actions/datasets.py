"""Data sets: importing files, and writing them as files that other tools read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from service.runtime import Runtime
from store.datasets import Dataset, get_dataset, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from tuner.data.exports.table import export
from tuner.data.files.container import DataFile
from tuner.data.importing import Wishes, import_examples
from tuner.data.leaks import TrainingLeak, training_leaks
from tuner.data.reviewing import Decision, review
from tuner.data.splitting import split_dataset
from tuner.data.suspects import Suspect
from tuner.data.suspicions import look
from tuner.data.templates.applying import Filling, instruct
from tuner.data.templates.template import read_template, shipped


@dataclass(frozen=True)
class Exported:
    """A file to send, and whether it is a ZIP archive of several."""

    data: bytes
    zipped: bool


@dataclass(frozen=True)
class Checked:
    """What was found in a data set."""

    dataset: Dataset
    suspects: Sequence[Suspect]
    leaks: Sequence[TrainingLeak]


def take(runtime: Runtime, domain: Domain, name: str, files: Sequence[DataFile], wishes: Wishes) -> Dataset:
    """Store the examples of files as a data set; see `tuner.data.importing`."""
    return import_examples(runtime.store, domain.id, name, files, wishes)


def instructed(
    runtime: Runtime, domain: Domain, name: str, files: Sequence[DataFile], template: str, filling: Filling
) -> Dataset:
    """Store what a template makes of a table; `template` is the name of one that there is, or one itself, in TOML."""
    known = shipped()
    if template not in known and "\n" not in template:
        said = f"There is no template {template[:80]!r}; there is {', '.join(known)}, or your own as a file."
        raise InvalidInputError(said, param="template")
    found = known[template] if template in known else read_template("your own", template)
    return instruct(runtime.store, domain.id, name, files, found, filling)


def check(runtime: Runtime, domain: Domain, name: str) -> Checked:
    """Return what looks wrong in a data set, and what of its train split gives away what is measured with."""
    store, encode = runtime.store, runtime.engine.retriever.encoder.encode_queries
    dataset = get_dataset(store, domain.id, name)
    usable = [each for each in list_examples(store, dataset.id) if each.flag is None]
    train = [each for each in usable if each.split == "train"]
    return Checked(dataset, look(store, dataset, usable, encode), training_leaks(store, domain.id, train, encode))


def split(runtime: Runtime, domain: Domain, name: str, *, drop_leaks: bool) -> Dataset:
    """Split a data set by document; see `tuner.data.splitting`."""
    dataset = get_dataset(runtime.store, domain.id, name)
    encode = runtime.engine.retriever.encoder.encode_queries
    return split_dataset(runtime.store, dataset, encode, drop_leaks=drop_leaks)


def reviewed(runtime: Runtime, domain: Domain, name: str, decisions: Sequence[Decision]) -> Dataset:
    """Carry out what somebody decided on examples; see `tuner.data.reviewing`."""
    return review(runtime.store, get_dataset(runtime.store, domain.id, name), decisions)


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
