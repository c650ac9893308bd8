"""Questions: searching a domain and answering from it, under the release that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.answer import Answer
from generator.answering import Event, Question
from retriever.search.candidates import Mode
from retriever.search.search import Request, Result
from service.runtime import Runtime


@dataclass(frozen=True)
class Found:
    """The result of a search with the release that it was made under, and the mode, which that may have decided."""

    result: Result
    release: str
    mode: Mode


def search(runtime: Runtime, domain: str, request: Request) -> Found:
    """Return the passages of the domain of that name that fit best."""
    pinned = runtime.engine.pin(domain)
    result = runtime.engine.retriever.search(pinned.domain_id, pinned.manifest.search_plan, request)
    runtime.metrics.searches.inc()
    return Found(result, pinned.release, request.mode or pinned.manifest.retrieval.mode)


def answer(runtime: Runtime, domain: str, question: Question) -> Iterator[Event]:
    """Yield the answer from the domain of that name as it comes, as `Answerer.stream` does."""
    for name, content in runtime.engine.answerer.stream(runtime.engine.pin(domain), question):
        if isinstance(content, Answer):
            runtime.metrics.answer(content.arm, abstained=content.abstained)
        yield name, content
