"""Documents over HTTP."""

from __future__ import annotations

import time

import httpx
from polling import ended

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
    assert (job["status"], job["result"]) == ("succeeded", {"documents": 1, "failed": 0})
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
        http.post(BASE, json={"documents": [{"text": "x", "path": "/etc/passwd"}]}),
        http.post(BASE, files=[("files", ("a.md", "x"))], data={"metadata": "{"}),
    ]

    assert [answer.status_code for answer in wrong] == [400] * 5
    assert all(set(answer.json()["error"]) == {"message", "type", "param", "code"} for answer in wrong)


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
    assert after["abstained"] is True
    assert "ferry.md" not in [passage["external_id"] for passage in after["passages"]]
    assert after["index_seq"] > before["index_seq"]
