"""Asking the questions of a handbook, each as it is served and once more with a threshold of 0."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.handbook_data import Case, Collection, Verdict
from generator.answer import Answer
from generator.answering import Pinned, Question
from generator.citing.markers import MARKER
from generator.engine import Engine
from retriever.documents.formats.table import format_of_file
from retriever.search.search import Hit, Request
from retriever.settings import RetrieverSettings
from retriever.text.analysis import words
from store.receiving import NewUpload, receive_all

FIRST, WIDE = 4, 10  # passages among which that of the answer is looked for


@dataclass(frozen=True)
class Outcome:
    """What became of a question.

    `findable` says that an answer stands in a gold document, as it is written. `rank` is the place, from 1, of the
    first hit in a gold document that holds one, None beyond the tenth. The `eager` figures are those of the answer that
    is given whatever the evidence: "withheld" if there still is none.
    """

    id: str
    question: str
    category: str
    language: str
    cluster: str
    answerable: bool
    answers: list[str]
    findable: bool
    verdict: Verdict
    reply: str
    quotes: list[str]
    cited: list[str]
    citation_right: bool
    evidence: float
    rank: int | None
    reply_words: int
    quote_words: int
    ms: float
    why: str | None
    eager: Verdict
    eager_reply: str


@contextmanager
def asked(collection: Collection, settings: RetrieverSettings) -> Iterator[Engine]:
    """Give an engine with default settings of a fresh data folder, in which the documents are uploaded."""
    with TemporaryDirectory() as folder, Engine.open(Path(folder) / "home", settings) as engine:
        upload(engine, collection)
        engine.ask(collection.name, collection.cases[0].question)  # the models are loaded before anything is timed
        yield engine


def upload(engine: Engine, collection: Collection) -> None:
    """Make the documents searchable in a new domain, under their file names and without titles."""
    domain = engine.create_domain(collection.name)
    uploads = [
        NewUpload(name, data, None, format_of_file(name).media_type) for name, data in collection.documents.items()
    ]
    outcomes = receive_all(engine.store, domain.id, uploads)
    engine.make_searchable([outcome[0] for outcome in outcomes if isinstance(outcome, tuple)])


def outcomes_of(
    collection: Collection, settings: RetrieverSettings, done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Return the outcome of every question of a collection."""
    found = []
    with asked(collection, settings) as engine:
        for case in collection.cases:
            findable = bool(case.holders(collection.documents))
            found.append(outcome(engine, collection.name, case, findable))
            done(found[-1])
    return found


def outcome(engine: Engine, domain: str, case: Case, findable: bool) -> Outcome:
    """Return what becomes of a question in a domain."""
    pinned = engine.pin(domain)
    begun = time.perf_counter()
    answer = engine.answerer.answer(pinned, Question(case.question, history=case.history))
    taken = (time.perf_counter() - begun) * 1000
    eager = answer
    if answer.abstained:  # one that is given needs no lower threshold
        eager = engine.answerer.answer(unbarred(pinned), Question(case.question, history=case.history))
    cited = list(dict.fromkeys(citation.external_id for citation in answer.citations))
    quotes = list(dict.fromkeys(citation.quote for citation in answer.citations))
    return Outcome(
        id=case.id,
        question=case.question,
        category=case.category,
        language=case.language,
        cluster=case.cluster,
        answerable=case.answerable,
        answers=list(case.answers),
        findable=findable,
        verdict=case.verdict(answer.answer, answer.abstained),
        reply=answer.answer,
        quotes=quotes,
        cited=cited,
        citation_right=any(name in case.documents for name in cited),
        evidence=answer.evidence or 0.0,
        rank=rank_of(case, hits_of(engine, domain, pinned, answer)),
        reply_words=0 if answer.abstained else len(words(MARKER.sub("", answer.answer))),
        quote_words=sum(len(words(quote)) for quote in quotes),
        ms=round(taken, 2),
        why=_why(answer),
        eager=case.verdict(eager.answer, eager.abstained),
        eager_reply=eager.answer,
    )


def unbarred(pinned: Pinned) -> Pinned:
    """Return the release with a threshold of 0: it answers whatever the evidence."""
    thresholds = pinned.manifest.thresholds.model_copy(update={"evidence": 0.0})
    return replace(pinned, manifest=pinned.manifest.model_copy(update={"thresholds": thresholds}))


def hits_of(engine: Engine, domain: str, pinned: Pinned, answer: Answer) -> list[Hit]:
    """Return the hits that were answered from, and behind them the rest of the first ten; none without a search."""
    searched = answer.explain.get("searched_for")
    if not isinstance(searched, str):
        return list(answer.hits)
    request = Request(searched, WIDE, pinned.manifest.retrieval.mode)
    wide = engine.search(domain, request).hits
    known = {hit.passage.id for hit in answer.hits}
    return [*answer.hits, *(hit for hit in wide if hit.passage.id not in known)][:WIDE]


def rank_of(case: Case, hits: Sequence[Hit]) -> int | None:
    """Return the place of the first hit in a gold document that holds an answer."""
    for place, hit in enumerate(hits, start=1):
        passage = hit.passage
        shown = f"{passage.content}\n{passage.text}"
        if passage.external_id in case.documents and case.holds_answer(shown):
            return place
    return None


def _why(answer: Answer) -> str | None:
    why = answer.explain.get("abstained_for")
    return why if isinstance(why, str) else None
