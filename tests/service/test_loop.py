"""The whole loop over HTTP: tune, compare, gate, promote, answer with the adapter, roll back, delete and taint."""

from __future__ import annotations

import json

import httpx
import pytest
from polling import ended

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def rows() -> str:
    """Two questions to learn from about one document, two to measure on about the other, in two languages."""
    learn = [("What is the fare?", "12 crowns"), ("How many passengers are carried?", "120 passengers")]
    test = [("成人门票多少钱？", "四十元"), ("茶园几点开门？", "八点")]
    made = [{"question": q, "answers": [a], "documents": ["ferry.md"], "split": "train"} for q, a in learn]
    made += [{"question": q, "answers": [a], "documents": ["tea.md"], "split": "test"} for q, a in test]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in made)


def tuned(http: httpx.Client, trained: str) -> str:
    params = {"dataset": "faq", "trained": trained}
    job = http.post("/v1/jobs", json={"kind": "tune_generator", "domain": "default", "params": params}).json()
    done = ended(http, job["id"])
    assert done["status"] == "succeeded", done
    return str(done["result"]["model"])


def check_releases_with_an_adapter(http: httpx.Client, adapters: dict[str, str], base_model: str) -> None:
    """An adapter implies the backend and the arm it was trained for, whatever the active release has."""
    releases = "/v1/domains/default/releases"
    extractive = http.post(releases, json={"set": {"generation": {"backend": "extractive", "arm": "rag"}}}).json()
    for source in ({}, {"from": extractive["id"]}):
        for trained, arm in (("with_context", "combined"), ("closed_book", "tuned+rag")):
            if trained not in adapters:
                continue
            made = http.post(releases, json={**source, "set": {"adapter": adapters[trained]}}).json()["manifest"]
            assert (made["generation"]["backend"], made["generation"]["arm"]) == ("transformers", arm)
            assert (made["adapter"], made["base_model"]) == (adapters[trained], base_model)
    adapter = {"adapter": adapters["with_context"]}
    for change in ({"generation.arm": "tuned"}, {"generation": {"arm": "tuned"}}):
        unservable = http.post(releases, json={"set": {**adapter, **change}})
        assert (unservable.status_code, unservable.json()["error"]["code"]) == (409, "arm_unavailable")
    broken = http.post(releases, json={"set": {**adapter, "generation": "x"}})
    assert (broken.status_code, broken.json()["error"]["param"]) == (400, "generation")


_BOTH = ("closed_book", "with_context")


@pytest.mark.parametrize("ways", [("with_context",), pytest.param(_BOTH, marks=pytest.mark.nightly)])
def test_the_whole_loop(filled: httpx.Client, ways: tuple[str, ...]) -> None:
    base = "/v1/domains/default"
    filled.post(f"{base}/datasets", data={"name": "faq"}, files={"file": ("faq.jsonl", rows())})
    adapters = {trained: tuned(filled, trained) for trained in ways}
    evaluation = filled.post("/v1/evaluations", json={"domain": "default", "dataset": "faq"}).json()
    job = ended(filled, evaluation["job"])
    assert job["status"] == "succeeded", job

    found = filled.get(f"/v1/evaluations/{evaluation['id']}").json()
    report = found["report"]
    tuned_arms = ["tuned", "tuned+rag"] if "closed_book" in ways else []
    assert list(report["arms"]) == ["extractive", "base", "rag", *tuned_arms, "combined"]
    assert [report["arms"][arm]["adapter"] for arm in tuned_arms] == [adapters["closed_book"] for _ in tuned_arms]
    assert report["arms"]["combined"]["adapter"] == adapters["with_context"]
    assert report["active_arm"] == "extractive"
    assert report["arms"]["extractive"]["metrics"]["recall"]["mean"] == 1.0
    assert found["verdict"] is None
    assert "2 questions" in " ".join(report["gate"]["combined"]["reasons"])
    assert len(filled.get(f"/v1/evaluations/{evaluation['id']}/report.json").json()["records"]) == 2 * len(
        report["arms"]
    )
    assert "No verdict: 2 questions" in filled.get(f"/v1/evaluations/{evaluation['id']}/report.md").text
    assert "No verdict: 2 questions" in filled.get(f"/v1/evaluations/{evaluation['id']}/report.html").text

    release = report["arms"]["combined"]["release"]
    refused = filled.post(f"/v1/releases/{release}/promote")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "gate_closed")
    assert filled.post(f"/v1/releases/{release}/promote", json={"force": True}).status_code == 400
    forced = filled.post(f"/v1/releases/{release}/promote", json={"force": True, "reason": "a test"}).json()
    assert (forced["active"], forced["manifest"]["adapter"]) == (True, adapters["with_context"])

    check_releases_with_an_adapter(filled, adapters, forced["manifest"]["base_model"])

    answer = filled.post("/query", json={"question": "How much is a single ticket?", "explain": True}).json()
    assert (answer["release"], answer["arm"], answer["adapter"]) == (release, "combined", adapters["with_context"])
    assert (answer["generator"], answer["usage"]["prompt_tokens"] > 0) == ("transformers", True)
    assert answer["explain"]["prompt"][-1]["content"].endswith("Question: How much is a single ticket?")
    plain = filled.post("/query", json={"question": "How much is a single ticket?", "arm": "base"}).json()
    assert (plain["adapter"], plain["passages"], plain["citations"]) == (None, [], [])
    assert filled.delete(f"/v1/models/{adapters['with_context']}").status_code == 409

    back = filled.post(f"{base}/rollback").json()
    assert back["active"] is True
    assert back["manifest"]["generation"]["backend"] == "extractive"
    assert filled.get(f"/v1/models/{adapters['with_context']}").json()["state"] == "archived"

    filled.delete(f"{base}/documents/ferry.md")
    assert filled.get(f"/v1/models/{adapters['with_context']}").json()["flags"] == ["tainted"]
    assert filled.get(f"{base}/datasets").json()["data"][0]["tainted"] == 2
    tainted = filled.post(f"/v1/releases/{release}/promote")
    assert tainted.status_code == 409
