"""The doctor and calibrated releases, over HTTP and on the command line."""

from __future__ import annotations

import json

import httpx
import pytest

from retriever.documents.sandbox.confinement import protections
from retriever.settings import RetrieverSettings
from service.settings import Settings

_ROOMS = ["Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Spruce", "Willow"]


@pytest.fixture
def rooms(http: httpx.Client) -> httpx.Client:
    """The domain `rooms`: twelve documents, each with a capacity, and questions about them."""
    assert http.post("/v1/domains", json={"name": "rooms"}).status_code == 201
    documents = [
        {"external_id": f"{room}.txt", "text": f"The meeting room {room} seats {30 + number} people."}
        for number, room in enumerate(_ROOMS)
    ]
    documents.append({"external_id": "lunch.txt", "text": "Lunch is served in the canteen between noon and two."})
    answer = http.post("/v1/domains/rooms/documents?wait=true", json={"documents": documents})
    assert answer.status_code == 200
    lines = [
        json.dumps(
            {
                "question": f"How many people does the room {room} seat?",
                "answers": [str(30 + number)],
                "documents": [f"{room}.txt"],
                "split": "dev",
            }
        )
        for number, room in enumerate(_ROOMS)
    ]
    files = {"file": ("faq.jsonl", "\n".join(lines).encode())}
    assert http.post("/v1/domains/rooms/datasets", data={"name": "faq"}, files=files).status_code == 201
    return http


def test_the_doctor_says_what_the_encoder_reads_of_each_domain(rooms: httpx.Client) -> None:
    found = rooms.get("/v1/doctor").json()

    domains = {each["domain"]: each for each in found["domains"]}
    assert found["object"] == "diagnosis"
    assert found["precision"] in ("f32", "bf16")
    assert found["passages"] == f"{found['precision']}, a thread for each core"
    assert found["questions"].startswith(("int8, ", "chosen when"))
    assert found["cpu"]
    assert found["reading"] == protections().in_words()
    assert (domains["rooms"]["texts"], domains["rooms"]["unknown_share"]) == (13, 0.0)
    assert domains["rooms"]["dense_weight"] == RetrieverSettings().dense_weight
    assert "in full" in domains["rooms"]["advice"]


def test_a_domain_in_a_script_that_nobody_reads_gets_advice(http: httpx.Client) -> None:
    http.post("/v1/domains", json={"name": "korean"})
    text = {"external_id": "a.txt", "text": "연차 휴가는 매년 십오일입니다. 점심은 정오에 제공됩니다."}
    assert http.post("/v1/domains/korean/documents?wait=true", json={"documents": [text]}).status_code == 200

    (found,) = [each for each in http.get("/v1/doctor").json()["domains"] if each["domain"] == "korean"]

    assert found["unknown_share"] > 0.2
    assert found["dense_weight"] == 0.0
    assert "retriever.encoder" in found["advice"]


def test_a_release_can_be_calibrated_on_a_data_set(rooms: httpx.Client) -> None:
    dataset = rooms.get("/v1/domains/rooms/datasets").json()["data"][0]

    made = rooms.post("/v1/domains/rooms/releases", json={"calibrate": dataset["id"], "set": {"retrieval.passages": 3}})

    assert made.status_code == 201, made.text
    active = rooms.get("/v1/domains/rooms").json()["release"]
    before = rooms.get(f"/v1/releases/{active}").json()["manifest"]
    after = made.json()["manifest"]
    assert made.json()["active"] is False
    assert after["thresholds"]["weights"] != before["thresholds"]["weights"]
    assert after["thresholds"]["evidence"] == before["thresholds"]["evidence"]
    assert after["retrieval"]["passages"] == 3


def test_a_data_set_that_is_not_there_cannot_calibrate(rooms: httpx.Client) -> None:
    answer = rooms.post("/v1/domains/rooms/releases", json={"calibrate": "ds_none"})

    assert answer.status_code == 404
    assert answer.json()["error"]["code"]


def test_a_follow_up_finds_the_document_of_the_question_before(rooms: httpx.Client) -> None:
    history = [
        {"role": "user", "content": "How many people does the room Juniper seat?"},
        {"role": "assistant", "content": "The meeting room Juniper seats 34 people. [1]"},
    ]
    body = {"question": "And who cleans it?", "history": history, "explain": True}

    answer = rooms.post("/v1/domains/rooms/query", json=body).json()

    assert answer["explain"]["searched_for"].endswith("the room Juniper, who cleans it?")
    assert answer["passages"][0]["external_id"] == "Juniper.txt"


def test_settings_of_the_service_compose_those_of_retrieval(settings: Settings) -> None:
    assert settings.retriever.dense_weight == RetrieverSettings().dense_weight
