"""What answers a question from given passages: the product, and two rules that any answer should beat."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from eval.metrics.normalise import strip_markers
from generator.answering import Answerer, Pinned, Question
from generator.backends.extractive import ExtractiveGenerator
from generator.citing.markers import MARKER
from generator.engine import Engine
from generator.manifest import Manifest
from retriever.search.filters import Comparison
from retriever.search.retrieval_part import SearchPlan
from retriever.search.search import Request, Result, Retriever
from retriever.text.sentences import split_sentences
from store.models import get_model

_ALL = 1000  # more hits than any set has passages in a document
_WIDE = 200  # hits that stand in for the corpus when documents are taken away


@dataclass(frozen=True)
class Reply:
    """The first sentence quoted, the whole text, the answer proper, and the estimate that there is one. "" is none."""

    sentence: str
    text: str
    span: str
    evidence: float = 0.0


SILENCE = Reply("", "", "")


class GivenResult(Retriever):
    """A retriever that has its result already, so that the whole answering can run on chosen passages."""

    def __init__(self, engine: Engine, result: Result) -> None:
        super().__init__(engine.store, engine.retriever.settings, engine.retriever.encoders)
        self._result = result

    def search(self, domain_id: str, plan: SearchPlan, request: Request) -> Result:
        """Return the given result, whatever is asked."""
        del domain_id, plan, request
        return self._result


def product_reply(engine: Engine, manifest: Manifest, question: str, result: Result) -> Reply:
    """Return what the extractive release answers from a result, with a threshold of 0: silent only without a draft."""
    eager = manifest.model_copy(update={"thresholds": manifest.thresholds.model_copy(update={"evidence": 0.0})})
    answerer = Answerer(
        GivenResult(engine, result),
        engine.reader,
        lambda *_: ExtractiveGenerator(),
        lambda key: get_model(engine.store, key),
    )
    answer = answerer.answer(Pinned("given", "given", eager), Question(question))
    if answer.abstained:
        return SILENCE
    sentence = MARKER.split(answer.answer)[0].strip()
    span = answer.explain.get("span") or sentence
    return Reply(sentence, strip_markers(answer.answer), span, answer.explain["evidence"]["estimate"])


def first_sentence(result: Result) -> Reply:
    """Return the first sentence of the best passage."""
    sentences = shown_sentences(result)
    return Reply(sentences[0], sentences[0], sentences[0]) if sentences else SILENCE


def nearest_sentence(engine: Engine, question: str, result: Result) -> Reply:
    """Return the sentence whose vector has the highest cosine with that of the question."""
    sentences = shown_sentences(result)
    if not sentences:
        return SILENCE
    encoder = engine.retriever.encoder
    cosines = encoder.encode_passages(sentences) @ encoder.encode_queries([question])[0]
    best = sentences[int(np.argmax(cosines))]
    return Reply(best, best, best)


def shown_sentences(result: Result) -> list[str]:
    """Return all sentences of the passages, in their order."""
    return [sentence.text for hit in result.hits for sentence in split_sentences(hit.passage.text)]


def gold_passages(
    engine: Engine, domain_id: str, manifest: Manifest, question: str, documents: frozenset[str]
) -> Result:
    """Return all passages of the gold documents that the search can reach, in the order it gives them."""
    only = Comparison(type="in", key="external_id", value=sorted(documents))
    return engine.retriever.search(domain_id, manifest.search_plan, Request(question, _ALL, filters=only))


def wide_search(engine: Engine, domain_id: str, manifest: Manifest, question: str) -> Result:
    """Return the first 200 hits."""
    return engine.retriever.search(domain_id, manifest.search_plan, Request(question, _WIDE))


def without_documents(result: Result, removed: set[str], limit: int) -> Result:
    """Return the first `limit` hits whose passage stands in none of the removed documents (ids of the store).

    This stands in for an index without them. Term weights and scores are still those of the whole corpus.
    """
    left = [hit for hit in result.hits if not removed & {hit.passage.document_id, *hit.also_in}]
    return replace(result, hits=left[:limit])
