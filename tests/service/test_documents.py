"""Documents over HTTP."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from polling import ended
from serving import Served

from retriever.documents import ingest
from service.settings import Settings
from store.documents import Cut, get_document, mark_all_parsed
from store.domains import get_domain
from store.jobs import list_jobs
from store.receiving import receive
from store.store import Store

BASE = "/v1/domains/default/documents"


def test_an_upload_is_created_unchanged_or_updated(http: httpx.Client) -> None:
    first = http.post(f"{BASE}?wait=true", files=[("files", ("a.md", "One fact."))]).json()["data"][0]
    same = http.post(f"{BASE}?wait=true", files=[("files", ("a.md", "One fact."))]).json()["data"][0]
    second = http.post(f"{BASE}?wait=true", files=[("files", ("a.md", "Another fact."))]).json()["data"][0]

    assert [item["result"] for item in (first, same, second)] == ["created", "unchanged", "updated"]
    assert {item["document"]["id"] for item in (first, same, second)} == {first["document"]["id"]}
    assert (second["document"]["version"], second["document"]["status"]) == (2, "searchable")
    versions = http.get(f"{BASE}/{first['document']['id']}/versions").json()["data"]
    assert [version["version"] for version in versions] == [2, 1]
    assert http.get(f"{BASE}/{first['document']['id']}/text", params={"version": 1}).text == "One fact."
    assert http.get(f"{BASE}/{first['document']['id']}/original").content == b"Another fact."


def test_the_old_version_is_gone_from_search_once_the_new_one_is_there(http: httpx.Client) -> None:
    http.post(f"{BASE}?wait=true", files=[("files", ("a.md", "The gate opens at nine."))])
    http.put(f"{BASE}/a.md?wait=true", files=[("files", ("whatever.md", "The gate opens at ten."))])

    found = http.post("/v1/domains/default/search", json={"query": "When does the gate open?"}).json()["data"]

    assert [hit["text"] for hit in found] == ["The gate opens at ten."]
    assert [hit["external_id"] for hit in found] == ["a.md"]


def test_without_waiting_a_job_makes_documents_searchable(http: httpx.Client) -> None:
    body = {"documents": [{"external_id": "n1", "title": "Note", "text": "The well is 40 metres deep."}]}
    answer = http.post(BASE, json=body)

    assert answer.status_code == 202
    job = ended(http, answer.json()["job"])
    assert (job["status"], job["result"]) == ("succeeded", {"documents": 1, "failed": 0, "quarantined": 0, "recut": 0})
    assert http.get(f"{BASE}/n1").json()["status"] == "searchable"
    deadline = time.monotonic() + 5
    while not (hits := http.post("/v1/domains/default/search", json={"query": "deep well"}).json()["data"]):
        assert time.monotonic() < deadline, "the server did not follow the job's changes"
        time.sleep(0.05)
    assert hits[0]["title"] == "Note"


def test_a_bad_item_does_not_keep_the_others_out(http: httpx.Client) -> None:
    parts = [("files", ("a.exe", b"MZ")), ("files", ("b.md", "A fact.")), ("files", ("c.md", b"\xff\xfe\x00"))]
    answer = http.post(f"{BASE}?wait=true", files=parts)

    assert answer.status_code == 200
    assert [item["result"] for item in answer.json()["data"]] == ["failed", "created", "failed"]
    assert answer.json()["data"][0]["error"]["code"] == "unsupported_type"
    assert answer.json()["data"][2]["document"]["status"] == "failed"


def test_an_upload_of_nothing_usable_is_unprocessable(http: httpx.Client) -> None:
    answer = http.post(BASE, files=[("files", ("a.exe", b"MZ"))])

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unsupported_type")
    assert http.get(BASE).json()["data"] == []


def test_bodies_of_the_wrong_form_are_refused(http: httpx.Client) -> None:
    wrong = [
        http.post(BASE, content=b"text", headers={"content-type": "text/plain"}),
        http.post(BASE, content=b"{", headers={"content-type": "application/json"}),
        http.post(BASE, json={"documents": []}),
        http.post(BASE, json={"documents": [{"text": "x"}], "path": "/etc/passwd"}),
        http.post(BASE, files=[("files", ("a.md", "x"))], data={"metadata": "{"}),
    ]

    assert [answer.status_code for answer in wrong] == [400] * 5
    assert all(set(answer.json()["error"]) == {"message", "type", "param", "code"} for answer in wrong)


def test_a_bad_text_in_a_batch_does_not_keep_the_others_out(http: httpx.Client) -> None:
    texts = [
        {"external_id": "good", "text": "A fact."},
        {"text": "x", "path": "/etc/passwd"},
        "no object",
        {"external_id": "", "text": "x"},
        {"external_id": "bad", "text": 5},
        {"external_id": "last", "text": "Another fact."},
    ]

    answer = http.post(f"{BASE}?wait=true", json={"documents": texts})

    assert answer.status_code == 200
    items = answer.json()["data"]
    assert [item["result"] for item in items] == ["created", "failed", "failed", "failed", "failed", "created"]
    names = ["good", "documents.1", "documents.2", "documents.3", "bad", "last"]
    assert [item["external_id"] for item in items] == names
    for number, item in enumerate(items[1:5], start=1):
        assert (item["document"], item["error"]["code"]) == (None, "invalid_value")
        assert item["error"]["message"].startswith(f"documents.{number}")
    assert [each["external_id"] for each in http.get(BASE).json()["data"]] == ["last", "good"]


def test_a_batch_of_bad_texts_only_is_unprocessable(http: httpx.Client) -> None:
    answer = http.post(BASE, json={"documents": [{"text": 5}, {}]})

    assert answer.status_code == 422
    assert "documents.0.text" in answer.json()["error"]["message"]
    assert http.get(BASE).json()["data"] == []


@pytest.mark.parametrize("waiting", [True, False])
def test_a_document_that_was_taken_but_cannot_be_read_is_no_refusal(http: httpx.Client, waiting: bool) -> None:
    answer = http.post(BASE, params={"wait": waiting}, files=[("files", ("c.md", b"\xff\xfe\x00"))])

    if not waiting:
        assert answer.status_code == 202
        ended(http, answer.json()["job"])
    else:
        (item,) = answer.json()["data"]
        assert (answer.status_code, item["result"], answer.json()["job"]) == (200, "failed", None)
        assert item["error"] == item["document"]["error"]
    assert http.get(f"{BASE}/c.md").json()["status"] == "failed"
    text = http.get(f"{BASE}/c.md/text")
    assert (text.status_code, text.headers["x-should-retry"]) == (409, "false")
    assert text.json()["error"]["code"] == "not_parsed"


def test_metadata_come_back_as_they_were_sent(http: httpx.Client) -> None:
    metadata = {"year": 2024, "price": 9.5, "whole": 2.0, "draft": True, "team": "blue", "none": None}
    text = {"external_id": "a", "text": "A fact.", "metadata": metadata}
    http.post(f"{BASE}?wait=true", json={"documents": [text]})
    parts = {"files": ("b.md", "A fact.")}
    http.post(f"{BASE}?wait=true", files=parts, data={"metadata": json.dumps(metadata)})

    for name in ("a", "b.md"):
        found = http.get(f"{BASE}/{name}").json()["metadata"]
        assert {key: (type(value), value) for key, value in found.items()} == {
            key: (type(value), value) for key, value in metadata.items()
        }


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_metadata_that_are_no_json_numbers_are_refused(http: httpx.Client, number: str) -> None:
    metadata = f'{{"x": {number}}}'
    body = f'{{"documents": [{{"text": "A fact.", "metadata": {metadata}}}]}}'
    as_json = http.post(BASE, content=body, headers={"content-type": "application/json"})
    as_part = http.post(BASE, files={"files": ("a.md", "A fact.")}, data={"metadata": metadata})
    of_domain = http.patch(
        "/v1/domains/default",
        content=f'{{"metadata": {metadata}}}',
        headers={"content-type": "application/json"},
    )

    assert [answer.status_code for answer in (as_json, as_part, of_domain)] == [422, 400, 400]
    assert http.get(BASE).json()["data"] == []


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"type": "eq", "key": "flag", "value": True}, ["b"]),
        ({"type": "eq", "key": "flag", "value": 1}, ["a"]),
        ({"type": "eq", "key": "title", "value": "Beta"}, ["b"]),
        ({"type": "in", "key": "external_id", "value": ["a"]}, ["a"]),
        ({"type": "gt", "key": "created_at", "value": 0}, ["a", "b"]),
        ({"type": "eq", "key": "version", "value": 1}, []),
        ({"type": "eq", "key": "status", "value": "searchable"}, []),
    ],
)
def test_a_filter_sees_metadata_name_title_and_time_only(
    http: httpx.Client, condition: dict[str, object], names: list[str]
) -> None:
    texts = [
        {"external_id": "a", "title": "Alpha", "text": "A boat is red.", "metadata": {"flag": 1}},
        {"external_id": "b", "title": "Beta", "text": "A boat is blue.", "metadata": {"flag": True}},
    ]
    http.post(f"{BASE}?wait=true", json={"documents": texts})

    listed = http.get(BASE, params={"filter": json.dumps(condition), "order": "asc"}).json()["data"]
    found = http.post("/v1/domains/default/search", json={"query": "boat", "filters": condition}).json()["data"]

    assert [each["external_id"] for each in listed] == names
    assert sorted(hit["external_id"] for hit in found) == names


def test_documents_that_a_crash_left_waiting_are_taken_up_by_the_next_start(served: Served, settings: Settings) -> None:
    with served(settings):
        pass
    store = Store.open(settings.home)
    domain = get_domain(store, "default")
    left = [
        receive(store, domain.id, name, name.encode(), title=name, media_type="text/plain")[0]
        for name in ("received.txt", "parsed.txt")
    ]
    mark_all_parsed(store, [Cut(left[1], "parsed.txt", ())])
    assert [get_document(store, domain.id, each.id).status for each in left] == ["received", "parsed"]
    assert list_jobs(store) == []
    store.close()

    with served(settings) as url, httpx.Client(base_url=url) as http:
        (job,) = http.get("/v1/jobs").json()["data"]
        assert ended(http, job["id"])["result"] == {"documents": 2, "failed": 0, "quarantined": 0, "recut": 0}
        assert {each["status"] for each in http.get(BASE).json()["data"]} == {"searchable"}

    with served(settings) as url:
        assert len(httpx.get(f"{url}/v1/jobs").json()["data"]) == 1


def test_lists_have_pages_and_filters(http: httpx.Client) -> None:
    for number in range(3):
        body = {"documents": [{"external_id": f"n{number}", "text": f"Fact {number}.", "metadata": {"year": number}}]}
        http.post(f"{BASE}?wait=true", json=body)

    page = http.get(BASE, params={"limit": 2}).json()
    rest = http.get(BASE, params={"limit": 2, "after": page["last_id"]}).json()
    late = http.get(BASE, params={"filter": '{"type": "gte", "key": "year", "value": 1}', "order": "asc"}).json()

    assert [each["external_id"] for each in page["data"]] == ["n2", "n1"]
    assert page["has_more"] is True
    assert ([each["external_id"] for each in rest["data"]], rest["has_more"]) == (["n0"], False)
    assert [each["external_id"] for each in late["data"]] == ["n1", "n2"]


def test_a_deleted_document_is_never_quoted_again(filled: httpx.Client) -> None:
    before = filled.post("/query", json={"question": "How much is a single ticket?"}).json()
    assert [citation["external_id"] for citation in before["citations"]] == ["ferry.md"]

    deleted = filled.delete(f"{BASE}/ferry.md").json()
    after = filled.post("/query", json={"question": "How much is a single ticket?"}).json()

    assert deleted["deleted"] is True
    assert "12 crowns" not in after["answer"]
    assert "ferry.md" not in [citation["external_id"] for citation in after["citations"]]
    assert "ferry.md" not in [passage["external_id"] for passage in after["passages"]]
    assert after["index_seq"] > before["index_seq"]


def test_a_large_document_is_searchable_by_its_words_and_a_job_computes_its_vectors(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_AT_ONCE", 3)
    text = "\n\n".join(f"# Well {number}\n\nWell number{number} is deep." for number in range(8))
    body = {"documents": [{"external_id": "wells", "text": text}]}

    answer = http.post(f"{BASE}?wait=true", json=body)

    assert answer.status_code == 200
    document = answer.json()["data"][0]["document"]
    assert (document["status"], document["passages"]) == ("searchable", 8)
    hits = http.post("/v1/domains/default/search", json={"query": "number7", "mode": "lexical"}).json()["data"]
    assert hits[0]["text"] == "Well number7 is deep."
    assert ended(http, answer.json()["job"])["status"] == "succeeded"
    assert http.get(f"{BASE}/wells").json()["unembedded"] == 0
    assert http.post(f"{BASE}?wait=true", json=body).json()["job"] is None
