"""Search and query."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from generator.answer import Answer, Citation
from generator.answering import Question
from retriever.filters import Filter
from retriever.search import Hit, Request
from service.failures import error_type
from service.objects.content import AnswerObject, CitationObject, HitObject, SearchObject
from service.routes.dependencies import RuntimeDep
from service.runtime import DEFAULT_DOMAIN, Runtime
from service.validation import Body
from store.errors import TandemError
from store.ids import new_id

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
    arm: Literal["base", "rag", "tuned", "tuned+rag", "combined"] | None = None
    top_k: int | None = Field(None, ge=1, le=50)
    filters: Filter | None = None
    history: Annotated[list[Turn], Field(max_length=100)] = Field(default_factory=list)
    stream: bool = False
    explain: bool = False
    min_seq: int = Field(0, ge=0)


@router.post("/v1/domains/{domain}/search")
def search(body: SearchBody, domain: str, runtime: RuntimeDep) -> SearchObject:
    """Return the passages that fit best."""
    pinned = runtime.engine.pin(domain)
    mode = body.mode or pinned.manifest["retrieval"]["mode"]
    request = Request(body.query, body.top_k, mode, body.rerank, body.filters, body.min_seq)
    result = runtime.engine.retriever.search(pinned.domain_id, pinned.manifest, request)
    return SearchObject.of(result, pinned.release, mode)


@router.post("/v1/domains/{domain}/query", response_model=AnswerObject)
def query(body: QueryBody, domain: str, runtime: RuntimeDep) -> Response | AnswerObject:
    """Answer a question; with `stream` as server-sent events that end with `done`, the whole answer."""
    return _answer(body, domain, runtime)


@router.post("/query", response_model=AnswerObject)
def query_default(body: QueryBody, runtime: RuntimeDep) -> Response | AnswerObject:
    """Answer a question in the domain `default`."""
    return _answer(body, DEFAULT_DOMAIN, runtime)


def _answer(body: QueryBody, domain: str, runtime: Runtime) -> Response | AnswerObject:
    pinned = runtime.engine.pin(domain)
    history = [turn.model_dump() for turn in body.history]
    question = Question(body.question, body.arm, body.top_k, body.filters, history, body.min_seq, body.explain)
    events = runtime.engine.answerer.stream(pinned, question)
    query_id = new_id("qry")
    if body.stream:
        first = next(events)  # a request that cannot be served fails here, with a status
        stream = _events(first, events, query_id, domain, body.explain)
        return StreamingResponse(stream, media_type="text/event-stream")
    *_, (_, answer) = events
    return AnswerObject.of(answer, query_id, domain, body.explain)


def _events(
    first: tuple[str, Any], rest: Iterator[tuple[str, Any]], query_id: str, domain: str, explain: bool
) -> Iterator[str]:
    yield _event(first[0], _content(first[1], query_id, domain, explain))
    try:
        for name, content in rest:
            yield _event(name, _content(content, query_id, domain, explain))
    except TandemError as error:
        failed = {"message": error.message, "type": error_type(error.status), "param": error.param, "code": error.code}
        yield _event("error", {"error": failed})


def _content(content: Any, query_id: str, domain: str, explain: bool) -> Any:
    if isinstance(content, str):
        return {"text": content}
    if isinstance(content, Answer):
        return AnswerObject.of(content, query_id, domain, explain).model_dump()
    return [_item(each) for each in content]


def _item(each: Hit | Citation) -> dict[str, Any]:
    return HitObject.of(each).model_dump() if isinstance(each, Hit) else CitationObject(**each.__dict__).model_dump()


def _event(name: str, content: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"
