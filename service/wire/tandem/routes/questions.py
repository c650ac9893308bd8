"""Search and query."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from generator.answer import Answer, Citation
from generator.answering import Event, Question
from generator.arms import SERVED
from retriever.search.filters import Filter
from retriever.search.search import Hit
from retriever.search.search import Request as SearchRequest
from service.actions import domains, questions
from service.computing import Computation, patiently
from service.http.failures import call_of, error_content
from service.http.validation import Body
from service.runtime import Runtime
from service.wire.tandem.objects.questions import AnswerObject, CitationObject, HitObject, SearchObject
from service.wire.tandem.routes.dependencies import STREAM_HEADERS, RuntimeDep
from store.choices import one_of
from store.ids import new_id
from store.json_values import Json

router = APIRouter(tags=["questions"])
_MAX_QUESTION = 4000


class SearchBody(Body):
    """A search. `min_seq` waits for the index to have seen that change."""

    query: str = Field(min_length=1, max_length=_MAX_QUESTION)
    top_k: int = Field(10, ge=1, le=100)
    mode: Literal["hybrid", "dense", "lexical"] | None = None
    filters: Filter | None = None
    rerank: bool | None = Field(None, description="whether the reranker has the last word; null: as the release says")
    min_seq: int = Field(0, ge=0)


class Turn(Body):
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=20_000)


class QueryBody(Body):
    """A question; the release decides what is not given."""

    question: str = Field(min_length=1, max_length=_MAX_QUESTION)
    arm: Annotated[str, one_of(SERVED)] | None = None
    top_k: int | None = Field(None, ge=1, le=50)
    filters: Filter | None = None
    history: Annotated[list[Turn], Field(max_length=100)] = Field(default_factory=list)
    stream: bool = False
    explain: bool = False
    min_seq: int = Field(0, ge=0)


@router.post("/v1/domains/{domain}/search")
async def search(body: SearchBody, domain: str, runtime: RuntimeDep) -> SearchObject:
    """Return the passages that fit best."""

    asked = SearchRequest(body.query, body.top_k, body.mode, body.rerank, body.filters, body.min_seq, wait_s=0)
    found = await patiently(lambda: run_in_threadpool(questions.search, runtime, domain, asked))
    return SearchObject.of(found)


@router.post("/v1/domains/{domain}/query", response_model=AnswerObject)
async def query(body: QueryBody, domain: str, runtime: RuntimeDep, request: Request) -> Response | AnswerObject:
    """Answer a question; with `stream` as server-sent events that end with `done`, the whole answer, or `error`.

    The text comes as it is written, in events `delta`: without passages word by word, with passages as soon as a
    citation of it holds. A model that fails in between may have begun another answer than the one in `done`.
    """
    return await _answer(body, domain, runtime, request)


@router.post("/query", response_model=AnswerObject)
async def query_default(body: QueryBody, runtime: RuntimeDep, request: Request) -> Response | AnswerObject:
    """Answer a question in the domain `default`, which is made anew if it was deleted."""
    domain = await run_in_threadpool(domains.default, runtime)
    return await _answer(body, domain.name, runtime, request)


async def _answer(body: QueryBody, domain: str, runtime: Runtime, request: Request) -> Response | AnswerObject:
    history = [turn.model_dump() for turn in body.history]

    def events(left: Callable[[], bool]) -> Iterator[Event]:
        question = Question(
            body.question,
            body.arm,
            body.top_k,
            body.filters,
            history,
            body.min_seq,
            body.explain,
            wait_s=0,
            cancelled=left,
        )
        return questions.answer(runtime, domain, question)

    work = Computation(events)
    query_id = new_id("qry")
    if not body.stream:
        _, answer = await work.last(request.is_disconnected)
        assert isinstance(answer, Answer)  # noqa: S101  (what the events end with)
        return AnswerObject.of(answer, query_id, domain, body.explain)
    first = await work.first()  # a request that cannot be served fails here, with a status

    async def written() -> AsyncIterator[str]:
        yield _event(first[0], _content(first[1], query_id, domain, body.explain))
        while (piece := await work.following()) is not None:
            yield _event(piece[0], _content(piece[1], query_id, domain, body.explain))
        error = work.failure()
        if error is not None:
            yield _event("error", error_content(error, call_of(request), runtime.settings.home))

    return _Events(work, written())


class _Events(StreamingResponse):
    """Server-sent events of a computation that nobody goes on with once the client is gone."""

    def __init__(self, work: Computation[Event], content: AsyncIterator[str]) -> None:
        super().__init__(content, media_type="text/event-stream", headers=STREAM_HEADERS)
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._work.abandon()


def _content(
    content: str | Sequence[Hit] | Sequence[Citation] | Answer, query_id: str, domain: str, explain: bool
) -> Json:
    if isinstance(content, str):
        return {"text": content}
    if isinstance(content, Answer):
        return AnswerObject.of(content, query_id, domain, explain).model_dump()
    return [_item(each) for each in content]


def _item(each: Hit | Citation) -> Json:
    return HitObject.of(each).model_dump() if isinstance(each, Hit) else CitationObject.of(each).model_dump()


def _event(name: str, content: object) -> str:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
