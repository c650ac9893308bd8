"""Leaks while texts are still there: questions that were taught in other words, and answers that were taught."""

from __future__ import annotations

from collections.abc import Sequence

from eval.arms import ArmSetup
from eval.paraphrases import Encode, Text, find_paraphrases, find_taught_answers
from eval.questions import EvalQuestion
from store.datasets import Dataset, list_examples
from store.examples import QuestionContent
from store.models import get_model
from store.store import Store


def find_retold(
    store: Store, dataset: Dataset, questions: Sequence[EvalQuestion], arms: Sequence[ArmSetup], encode: Encode
) -> list[str]:
    """Return a sentence for each question that a model of the arms, or the train split, gives away in other words.

    What was deleted since cannot be compared so; `eval.leaks` compares what remains of it.
    """
    sources = {(dataset.id, "train")}
    for model in {model for arm in arms for model in arm.manifest.models.values()}:
        source = get_model(store, model).lineage.dataset
        if source is not None:
            sources.add((source.id, source.split))
    own = {question.key for question in questions}
    known = [
        text
        for source_id, split in sorted(sources)
        for each in list_examples(store, source_id)
        if each.split == split and each.content is not None and not (source_id == dataset.id and each.key in own)
        if (text := Text.of(each.key, each.content, sorted(each.documents))) is not None
    ]
    asked = [
        text
        for each in questions
        if (text := Text.of(each.key, QuestionContent(question=each.question, answers=each.answers), each.documents))
    ]
    leaks = [*find_taught_answers(known, asked), *find_paraphrases(known, asked, encode)]
    return [str(leak) for leak in {each.asked: each for each in leaks}.values()]
