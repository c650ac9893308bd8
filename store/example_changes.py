"""Changing the examples of a data set: other splits, other contents, what was reviewed, what was taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from store import schema
from store.datasets import Dataset, Review, get_dataset
from store.erasure import finish_deletion
from store.examples import Content
from store.fingerprints import Fingerprint, read_salt
from store.store import Store


@dataclass(frozen=True)
class Change:
    """What becomes of an example; None leaves a part as it is."""

    split: str | None = None
    content: Content | None = None
    review: Review | None = None


def change_examples(
    store: Store, dataset: Dataset, changes: Mapping[str, Change], removed: Collection[str] = ()
) -> Dataset:
    """Change and remove examples by key in one transaction, and return the data set as it is then.

    An example whose text was taken, since a document of it was deleted, does not get it back.
    """
    table = schema.examples
    mine = table.c.dataset_id == dataset.id
    with store.database.write(frees=bool(removed)) as connection:
        salt = read_salt(connection)
        for key, change in changes.items():
            values: dict[str, object] = {}
            if change.split is not None:
                values["split"] = change.split
            if change.review is not None:
                values["review"] = change.review
            if values:
                connection.execute(table.update().where(mine, table.c.key == key).values(values))
            if change.content is not None:
                asked = change.content.asked()
                written = {
                    "content": change.content.as_json(),
                    "fingerprint": Fingerprint.of(salt, *asked).as_json() if asked else None,
                }
                whole = table.c.flag.is_distinct_from("tainted")
                connection.execute(table.update().where(mine, table.c.key == key, whole).values(written))
        for key in removed:
            connection.execute(table.delete().where(mine, table.c.key == key))
    if removed:
        finish_deletion(store)
    return get_dataset(store, dataset.domain_id, dataset.id)
