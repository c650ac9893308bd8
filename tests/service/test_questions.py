"""Search and query over HTTP."""

from __future__ import annotations

import json

import httpx
import pytest

SEARCH = "/v1/domains/default/search"


@pytest.mark.parametrize(
    ("question", "quote", "name"),
    [
        ("How much does a single ticket cost?", "A single ticket costs 12 crowns.", "ferry.md"),
        ("云岭茶园早上几点开门？", "云岭茶园每天早上八点开门。", "tea.md"),
    ],
)
def test_an_answer_quotes_its_document_exactly(filled: httpx.Client, question: str, quote: str, name: str) -> None:
    answer = filled.post("/query", json={"question": question}).json()

    assert answer["abstained"] is False
    (citation,) = answer["citations"]
    assert (citation["quote"], citation["external_id"], citation["marker"]) == (quote, name, "[1]")
    text = filled.get(f"/v1/domains/default/documents/{citation['document_id']}/text").text
    assert text[citation["start"] : citation["end"]] == quote


def test_an_answer_has_every_field_of_the_contract(filled: httpx.Client) -> None:
    answer = filled.post("/query", json={"question": "How much is a ticket?", "explain": True}).json()

    assert set(answer) == {
        "id", "object", "answer", "abstained", "evidence", "citations", "passages", "domain", "arm", "release",
        "index_seq", "generator", "adapter", "usage", "timings_ms", "explain", "fallback",
        "unsupported",
    }  # fmt: skip
    assert answer["fallback"] is None
    assert answer["release"] == filled.get("/v1/domains/default").json()["release"]
    assert (answer["arm"], answer["generator"], answer["object"]) == ("rag", "extractive", "answer")
    stages = answer["explain"]["retrieval"]
    assert set(stages) == {"dense", "lexical", "fusion", "weights", "unknown_share", "rerank"}
    shown = [passage["passage_id"] for passage in answer["passages"]]
    assert [each["passage_id"] for each in stages["fusion"]][: len(shown)] == shown
    assert answer["explain"]["evidence"]["threshold"] > 0
    assert set(answer["passages"][0]["ranks"]) == {"dense", "lexical", "rerank"}


@pytest.mark.parametrize(
    ("question", "abstention"),
    [
        ("Who painted the Mona Lisa?", "The documents do not say. No document mentions “Mona Lisa”."),
        ("谁发明了电话？", "文档中没有说明。"),
    ],
)
def test_what_the_documents_do_not_say_is_not_answered(filled: httpx.Client, question: str, abstention: str) -> None:
    answer = filled.post("/query", json={"question": question}).json()

    assert (answer["abstained"], answer["answer"], answer["citations"]) == (True, abstention, [])


def test_a_stream_ends_with_the_whole_answer(filled: httpx.Client) -> None:
    answer = filled.post("/query", json={"question": "How much is a ticket?", "stream": True})

    events = [block.split("\n", 1) for block in answer.text.strip().split("\n\n")]
    assert [name for name, _ in events] == [f"event: {name}" for name in ("passages", "delta", "citations", "done")]
    done = json.loads(events[-1][1].removeprefix("data: "))
    assert done["answer"] == json.loads(events[1][1].removeprefix("data: "))["text"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_arm_that_the_release_cannot_serve_is_refused_by_name(filled: httpx.Client, stream: bool) -> None:
    answer = filled.post("/query", json={"question": "x?", "arm": "combined", "stream": stream})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "arm_unavailable")
    assert "with_context" in answer.json()["error"]["message"]


def test_a_search_filters_by_metadata_and_names_its_release(http: httpx.Client) -> None:
    for name, team in (("a", "red"), ("b", "blue")):
        body = {
            "documents": [{"external_id": name, "text": f"The {team} boat leaves at noon.", "metadata": {"team": team}}]
        }
        http.post("/documents?wait=true", json=body)

    only = {"type": "eq", "key": "team", "value": "blue"}
    found = http.post(SEARCH, json={"query": "When does the boat leave?", "filters": only}).json()

    assert [hit["external_id"] for hit in found["data"]] == ["b"]
    assert (found["object"], found["mode"]) == ("list", "hybrid")
    assert found["release"] == http.get("/v1/domains/default").json()["release"]


def test_equal_texts_are_one_hit_with_its_other_owners(http: httpx.Client) -> None:
    body = {"documents": [{"external_id": name, "text": "The anchor weighs 90 kilograms."} for name in ("a", "b")]}
    items = http.post("/documents?wait=true", json=body).json()["data"]

    (hit,) = http.post(SEARCH, json={"query": "weight of the anchor"}).json()["data"]

    assert [hit["document_id"], *hit["also_in"]] == [item["document"]["id"] for item in items]


@pytest.mark.parametrize(
    "body",
    [{}, {"question": ""}, {"question": "x" * 5000}, {"question": "x", "topk": 3}, {"question": "x", "arm": "best"},
     {"question": "x", "top_k": 0}, {"question": 5}],
)  # fmt: skip
def test_a_malformed_question_is_a_400_in_the_given_shape(filled: httpx.Client, body: dict[str, object]) -> None:
    answer = filled.post("/query", json=body)

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("query", ['(foo "open NOT [a TO', "id:5", "body:/.*/", "\x00", "🦆" * 300, "' OR 1=1 --"])
def test_user_text_is_never_query_syntax(filled: httpx.Client, query: str) -> None:
    assert filled.post(SEARCH, json={"query": query}).status_code == 200
