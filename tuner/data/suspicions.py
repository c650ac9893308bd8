"""What looks wrong in stored examples, in words: for `dataset check` and for the events of a tuning job."""

from __future__ import annotations

from collections.abc import Sequence

from eval.paraphrases import Encode
from store.datasets import Dataset, Example
from store.progress import Progress
from store.store import Store
from tuner.data.anchoring import Texts
from tuner.data.leaks import near_duplicates
from tuner.data.suspects import Named, Suspect, suspects


def look(store: Store, dataset: Dataset, examples: Sequence[Example], encode: Encode) -> list[Suspect]:
    """Return what looks wrong in examples of a data set, each kind of it with the keys of the examples."""
    found = suspects([Named(each.key, each) for each in examples], Texts(store, dataset.domain_id))
    twins = near_duplicates([each for each in examples if each.split == "train"], encode)
    if twins:
        found.append(Suspect("near_duplicate", "asked what an earlier one asks, with the same answer", twins))
    drafts = [each.key for each in examples if each.review == "draft"]
    if drafts:
        found.append(Suspect("draft", "was drafted and nobody has looked at it yet (tandem eval review)", drafts))
    unanswered = [
        each.key for each in examples if each.content is not None and (asked := each.content.asked()) and not asked[1]
    ]
    if dataset.kind == "qa" and examples and len(unanswered) == len(examples):
        found.append(
            Suspect(
                "unanswered", "has no answer, as all examples here, so nothing but declining is learned", unanswered
            )
        )
    return found


def tell_suspects(
    store: Store, progress: Progress, dataset: Dataset, examples: Sequence[Example], encode: Encode
) -> None:
    """Tell in the events of a job what looks wrong in the examples that it learns from."""
    for each in look(store, dataset, examples, encode):
        progress(0.005, str(each), "warning")
