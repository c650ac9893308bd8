"""Releases over HTTP: made from the active one, immutable, promoted through the gate."""

from __future__ import annotations

import httpx
import pytest

RELEASES = "/v1/domains/default/releases"


def test_a_release_differs_in_what_was_set_and_its_id_is_its_content(http: httpx.Client) -> None:
    first = http.post(RELEASES, json={"set": {"thresholds.evidence": 0.9}})
    again = http.post(RELEASES, json={"set": {"thresholds": {"evidence": 0.9}}})

    assert first.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["manifest"]["thresholds"]["evidence"] == 0.9
    assert first.json()["active"] is False
    listed = [release["id"] for release in http.get(RELEASES).json()["data"]]
    assert listed.count(first.json()["id"]) == 1


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"space_id": "spc_other"}, "space_id"),
        ({"thresholds.evidence": 7}, "thresholds.evidence"),
        ({"generation.backend": "magic"}, "generation.backend"),
        ({"colour": "red"}, "colour"),
        ({"colour": {}}, "colour"),
        ({"prompt.name": "v0"}, "prompt.name"),
        ({"retrieval.candidates": 0}, "retrieval.candidates"),
    ],
)
def test_a_release_cannot_be_set_to_nonsense(http: httpx.Client, change: dict[str, object], param: str) -> None:
    answer = http.post(RELEASES, json={"set": change})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_shipped_prompt_and_the_candidates_may_be_set(http: httpx.Client) -> None:
    made = http.post(RELEASES, json={"set": {"prompt.name": "v1", "retrieval": {"candidates": 20}}}).json()

    active = http.get(f"/v1/releases/{http.get('/v1/domains/default').json()['release']}").json()
    assert made["manifest"]["prompt"]["name"] == "v1"
    assert made["manifest"]["retrieval"] == {**active["manifest"]["retrieval"], "candidates": 20}


def test_a_release_that_cannot_serve_its_own_arm_is_refused(http: httpx.Client) -> None:
    for arm in ("base", "combined"):
        answer = http.post(RELEASES, json={"set": {"generation.arm": arm}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "arm_unavailable")
        assert answer.headers["x-should-retry"] == "false"
    assert len(http.get(RELEASES).json()["data"]) == 2  # the first, and the extractive one


def test_a_threshold_takes_effect_with_promotion_and_ends_with_rollback(filled: httpx.Client) -> None:
    question = {"question": "How much does a single ticket cost?"}
    release = filled.post(RELEASES, json={"set": {"thresholds.evidence": 1.0}}).json()
    before = filled.post("/query", json=question).json()

    refused = filled.post(f"/v1/releases/{release['id']}/promote")
    forced = {"force": True, "reason": "to be careful"}
    promoted = filled.post(f"/v1/releases/{release['id']}/promote", json=forced)
    careful = filled.post("/query", json=question).json()
    back = filled.post("/v1/domains/default/rollback").json()
    after = filled.post("/query", json=question).json()

    assert (refused.status_code, promoted.status_code) == (409, 200)
    assert [answer["abstained"] for answer in (before, careful, after)] == [False, True, False]
    assert [answer["release"] for answer in (before, careful, after)] == [back["id"], release["id"], back["id"]]


def test_releases_of_another_domain_cannot_be_taken(http: httpx.Client) -> None:
    other = http.post("/v1/domains", json={"name": "other"}).json()

    assert http.post(RELEASES, json={"from": other["release"]}).status_code == 404


def test_there_is_nothing_before_the_first_release(http: httpx.Client) -> None:
    http.post("/v1/domains", json={"name": "new"})

    assert http.post("/v1/domains/new/rollback").json()["error"]["code"] == "no_earlier_release"
