"""Reviewing drafts: each is kept, edited or dropped by somebody who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from store.datasets import Dataset, list_examples
from store.errors import InvalidInputError
from store.example_changes import Change, change_examples
from store.examples import QuestionContent
from store.store import Store
from tuner.data.formats.format import SOLID


class Decision(BaseModel):
    """What becomes of an example, by its key; an edited one has another question or other answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    verdict: Literal["keep", "edit", "drop"]
    question: Annotated[str, Field(pattern=SOLID, max_length=4000)] | None = None
    answers: list[Annotated[str, Field(pattern=SOLID)]] | None = Field(None, max_length=20)


def review(store: Store, dataset: Dataset, decisions: Sequence[Decision]) -> Dataset:
    """Carry out decisions in one transaction, and return the data set as it is then.

    Raises `InvalidInputError` naming the decision that cannot be carried out; then nothing is.
    """
    examples = {each.key: each for each in list_examples(store, dataset.id)}
    changes: dict[str, Change] = {}
    removed: set[str] = set()
    for number, each in enumerate(decisions):
        where = f"decisions.{number}"
        if each.key not in examples or each.key in removed or each.key in changes:
            said = "decided twice" if each.key in examples else f"no example of {dataset.name}"
            raise InvalidInputError(f"{where}.key: {each.key[:80]!r} is {said}.", param=where)
        content = examples[each.key].content
        if each.verdict == "drop":
            removed.add(each.key)
        elif each.verdict == "keep" and (each.question is not None or each.answers is not None):
            raise InvalidInputError(f"{where}: an example that is kept has no other question or answers.", param=where)
        elif each.verdict == "keep":
            changes[each.key] = Change(review="kept")
        elif not isinstance(content, QuestionContent) or (each.question is None and each.answers is None):
            raise InvalidInputError(f"{where}: editing needs a question or answers of a question.", param=where)
        else:
            edited = QuestionContent(
                question=each.question or content.question,
                answers=content.answers if each.answers is None else each.answers,
                language=content.language,
            )
            changes[each.key] = Change(content=edited, review="edited")
    return change_examples(store, dataset, changes, removed)
