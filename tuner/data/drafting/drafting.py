"""Drafting a data set from the documents of a domain: rules make questions, and only those stay that lead back.

A question stays if a search for it finds the passage that it was made from, and if the domain, asked as it would be by
anybody, answers from the very place that holds the answer. What two documents answer differently, and what no reader
could tell apart, fails at that.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from eval.splits import split_by_document
from generator.answering import Pinned, Question
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.search.search import Request
from retriever.settings import RetrieverSettings
from store.datasets import Example, create_dataset
from store.documents import Document, get_version, list_documents
from store.domains import domain_of
from store.errors import UnprocessableError
from store.examples import QuestionContent
from store.progress import Progress
from store.store import Store
from tuner.data.drafting.parts import drafts_of
from tuner.data.drafting.rule import Draft

_FOUND = 5  # hits among which the passage must be
_TRIED = 6  # drafts that are tried for each that is wanted
_MARKDOWN = ("text/markdown",)


class DraftSection(BaseModel):
    """What the job `draft` gets: the sections of the packages that it composes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: GeneratorSettings
    retriever: RetrieverSettings


class Drafted(BaseModel):
    """The data set, how many questions it has by rule, and how many were made and did not lead back."""

    dataset: str
    questions: dict[str, int]
    rejected: int


@dataclass(frozen=True)
class _Made:
    document: Document
    text: str
    draft: Draft


def run_drafting(section: DraftSection, store: Store, progress: Progress) -> Drafted:
    """Store a data set of drafted questions, which are drafts until somebody reviews them."""
    params, domain_id = progress.job.params, progress.job.domain_id
    count, name = int(str(params["count"])), str(params["name"])
    made = _shuffled(list(_made(store, domain_id)))
    if not made:
        raise UnprocessableError(
            "No rule finds a question in the documents of this domain: there is no table, list, definition, heading or "
            "question in a searchable document.",
            code="nothing_to_draft",
        )
    engine = Engine(store, section.retriever, section.generator)
    try:
        kept, rejected = _leading_back(engine, domain_id, made, count, progress)
    finally:
        engine.close(checkpoint=False)
    if not kept:
        raise UnprocessableError(
            f"None of the {rejected} questions that were tried leads back to its place in the documents.",
            code="nothing_to_draft",
        )
    counts = Counter(each.draft.rule for each in kept)
    said = ", ".join(f"{number} {rule}" for rule, number in counts.most_common())
    warnings = [
        f"Drafted by rule, without a language model: {said}. {rejected} more did not lead back to their place.",
        "Drafts are to be reviewed before they are used: tandem eval review.",
    ]
    dataset = create_dataset(store, domain_id, name, "qa", "synthetic", _examples(kept), warnings)
    progress(1.0, warnings[0])
    return Drafted(dataset=dataset.id, questions=dict(counts), rejected=rejected)


def _made(store: Store, domain_id: str) -> Iterator[_Made]:
    for document in list_documents(store, domain_id):
        version = get_version(store, domain_id, document.id)
        if document.status != "searchable" or not version.text:
            continue
        markdown = version.media_type in _MARKDOWN or "\n# " in f"\n{version.text}"
        for draft in drafts_of(version.text, document.title, markdown=markdown):
            yield _Made(document, version.text, draft)


def _shuffled(made: Sequence[_Made]) -> list[_Made]:
    """Return drafts so that the rules take turns, and within a rule the documents, in an order that never changes."""
    turns: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, str, int]] = []
    order = list(range(len(made)))
    random.Random(0).shuffle(order)
    for place in order:
        each = made[place]
        turn = (each.draft.rule, each.document.id)
        ranked.append((turns[turn], each.draft.rule, place))
        turns[turn] += 1
    return [made[place] for _, _, place in sorted(ranked, key=lambda one: one[:2])]


def _leading_back(
    engine: Engine, domain_id: str, made: Sequence[_Made], count: int, progress: Progress
) -> tuple[list[_Made], int]:
    pinned = engine.pin(domain_of(engine.store, domain_id).name)
    kept: list[_Made] = []
    rejected = 0
    for each in made[: count * _TRIED]:
        if len(kept) == count:
            break
        if _leads_back(engine, pinned, each):
            kept.append(each)
        else:
            rejected += 1
        progress(0.98 * max(len(kept) / count, (len(kept) + rejected) / min(len(made), count * _TRIED)))
    return kept, rejected


def _leads_back(engine: Engine, pinned: Pinned, made: _Made) -> bool:
    draft = made.draft
    request = Request(draft.question, _FOUND)
    hits = engine.retriever.search(pinned.domain_id, pinned.manifest.search_plan, request).hits
    places = [hit.passage for hit in hits if hit.passage.document_id == made.document.id]
    if not any(each.start <= draft.start and draft.end <= each.end for each in places):
        return False
    answer = engine.answerer.answer(pinned, Question(draft.question, fall_back=True))
    return not answer.abstained and any(
        each.document_id == made.document.id and each.start < draft.end and draft.start < each.end
        for each in answer.citations
    )


def _examples(kept: Sequence[_Made]) -> list[Example]:
    questions = [(each.draft.question, [each.document.external_id]) for each in kept]
    found: list[Example] = []
    for number, (each, split) in enumerate(zip(kept, split_by_document(questions), strict=True), start=1):
        answer = " ".join(each.text[each.draft.start : each.draft.end].split())
        content = QuestionContent(question=each.draft.question, answers=[answer])
        spans = {each.document.id: [(each.draft.start, each.draft.end)]}
        documents = {each.document.id: each.document.version}
        key = f"{each.draft.rule}-{number}"
        found.append(Example(key, split, content, documents, spans=spans, review="draft"))
    return found
