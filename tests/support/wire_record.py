"""A walk through the whole API of a server, which keeps every kind of object that it sends."""

from __future__ import annotations

import json
from typing import Any

import httpx
from polling import ended
from wire_shapes import LISTS

FERRY = "# Ferry\n\nThe ferry Aurora carries 120 passengers.\n\n## Fares\n\nA single ticket costs 12 crowns."
FARE = "How much does a single ticket cost?"
QUESTION = {"question": "What is the fare?", "answers": ["12 crowns"], "documents": ["ferry.md"]}


def record_everything(http: httpx.Client) -> dict[str, Any]:
    """Return every object of the table `OBJECTS`, as the server sent it, by its name there; and the pages of lists."""
    seen: dict[str, Any] = {}
    for record in (_content, _questions, _work, _lists, _failures, _ends, _keys):
        seen |= record(http, seen)
    return seen


def _content(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    base = "/v1/domains/default"
    contents: dict[str, str | bytes] = {"ferry.md": FERRY, "a.exe": b"MZ", "c.md": b"\xff\xfe\x00"}
    parts = [("files", part) for part in contents.items()]
    upload = http.post(f"{base}/documents?wait=true", files=parts).json()
    metadata = {"a": 1, "b": 1.5, "c": True, "d": None, "e": "x", "f": ["x", 1, False]}
    text = {"external_id": "note", "title": "Note", "text": "The well is deep.", "metadata": metadata}
    queued = http.post(f"{base}/documents", json={"documents": [text]}).json()
    ended(http, queued["job"])
    replaced = http.put(f"{base}/documents/note?wait=true", json={"documents": [{"text": "The well is dry."}]}).json()
    lines = {split: json.dumps({**QUESTION, "split": split}) for split in ("train", "test")}
    lesson = {"file": ("lesson.jsonl", json.dumps({**QUESTION, "question": "How deep is the well?", "split": "train"}))}
    http.post(f"{base}/datasets", data={"name": "lesson"}, files=lesson)  # what nothing is measured with
    for name in ("faq", "other"):
        files = {"file": ("faq.jsonl", "\n".join(lines.values()))}
        created = http.post(f"{base}/datasets", data={"name": name}, files=files).json()
    return {
        "upload": upload,
        "upload queued": queued,
        "upload replaced": replaced,
        "document": http.get(f"{base}/documents/note").json(),
        "document changed": http.patch(f"{base}/documents/note", json={"metadata": metadata}).json(),
        "index": http.post(f"{base}/reindex").json(),
        "metadata changed": http.post(f"{base}/metadata/edit", json={"filter": None, "set": {"g": 1}}).json(),
        "document failed": http.get(f"{base}/documents/c.md").json(),
        "versions": http.get(f"{base}/documents/note/versions").json(),
        "dataset created": created,
        "dataset": http.get(f"{base}/datasets/faq").json(),
        "examples": http.get(f"{base}/datasets/faq/examples").json(),
        "domain created": http.post("/v1/domains", json={"name": "tea", "metadata": metadata}).json(),
        "domain changed": http.patch("/v1/domains/tea", json={"description": "leaves"}).json(),
        "domain": http.get(base).json(),
    }


def _questions(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    base = "/v1/domains/default"
    of_model = http.post("/query", json={"question": FARE, "explain": True}).json()
    plain = http.post("/query", json={"question": FARE, "arm": "base", "explain": True}).json()
    release = http.post(f"{base}/releases", json={"set": {"generation.backend": "extractive"}}).json()
    forced = {"force": True, "reason": "to quote"}
    promoted = http.post(f"/v1/releases/{release['id']}/promote", json=forced).json()
    streamed = http.post(f"{base}/query", json={"question": FARE, "stream": True, "explain": True}).text
    blocks = [block.split("\ndata: ", 1) for block in streamed.strip().split("\n\n")]
    return {
        "answer of a model": of_model,
        "answer without passages": plain,
        "release promoted": promoted,
        "search": http.post(f"{base}/search", json={"query": FARE}).json(),
        "answer": http.post("/query", json={"question": FARE}).json(),
        "answer explained": http.post(f"{base}/query", json={"question": FARE, "explain": True}).json(),
        "answer abstained": http.post("/query", json={"question": "Who painted the Mona Lisa?"}).json(),
        **{name.replace("event: ", "event "): json.loads(data) for name, data in blocks},
    }


def _work(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    base = "/v1/domains/default"

    def start(kind: str, **params: Any) -> dict[str, Any]:
        body = {"kind": kind, "domain": "default", "params": params}
        return dict(http.post("/v1/jobs", json=body).json())

    tuning = start("tune_generator", dataset="lesson", trained="closed_book")
    cancelled = start("tune_generator", dataset="lesson", trained="closed_book")
    evaluations = [
        http.post(
            "/v1/evaluations", json={"domain": "default", "dataset": "faq", "split": split, "arms": ["extractive"]}
        ).json()
        for split in ("test", "dev")  # of which the second has no example
    ]
    stopped = http.post(f"/v1/jobs/{cancelled['id']}/cancel").json()
    done = ended(http, tuning["id"])
    assert done["status"] == "succeeded", done
    assert [ended(http, each["job"])["status"] for each in evaluations] == ["succeeded", "failed"]
    model = done["result"]["model"]
    streamed = http.get(f"/v1/jobs/{tuning['id']}/events", headers={"accept": "text/event-stream"}).text
    first, *_, last = [block.partition("\ndata: ")[2] for block in streamed.strip().split("\n\n")]
    made = http.post(f"{base}/releases", json={"set": {"adapter": model}}).json()
    return {
        "job queued": tuning,
        "job succeeded": done,
        "job failed": ended(http, evaluations[1]["job"]),
        "job cancelled": stopped,
        "event of a job": json.loads(first),
        "stream of events": streamed,
        "end of a job": json.loads(last),
        "model": http.get(f"/v1/models/{model}").json(),
        "release with an adapter": made,
        "release": http.get(f"/v1/releases/{made['id']}").json(),
        "evaluation queued": evaluations[0],
        "evaluation": http.get(f"/v1/evaluations/{evaluations[0]['id']}").json(),
    }


def _lists(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    paths = {
        "domains": "/v1/domains",
        "documents": "/v1/domains/default/documents",
        "metadata keys": "/v1/domains/default/metadata",
        "datasets": "/v1/domains/default/datasets",
        "releases": "/v1/domains/default/releases",
        "jobs": "/v1/jobs",
        "events": f"/v1/jobs/{seen['job succeeded']['id']}/events",
        "models": "/v1/models",
        "evaluations": "/v1/evaluations",
    }
    found = {name: http.get(path).json() for name, path in paths.items()}
    pages = {}
    for path, *_ in LISTS:
        actual = path.replace("{job}", seen["job succeeded"]["id"])
        pages[path] = {
            "all": http.get(actual).json(),
            "asc": _walk(http, actual, "asc"),
            "desc": _walk(http, actual, "desc"),
            "unknown": http.get(actual, params={"after": "nothing"}),
            "wrong": [http.get(actual, params=wrong) for wrong in ({"limit": 0}, {"limit": "x"}, {"order": "up"})],
        }
    names = {"healthz": "/healthz", "readyz": "/readyz", "diagnosis": "/v1/doctor"}
    return {**found, "pages": pages} | {name: http.get(path).json() for name, path in names.items()}


def _walk(http: httpx.Client, path: str, order: str) -> list[str]:
    """The ids of a whole list, read one by one."""
    ids: list[str] = []
    more = True
    while more:
        params: dict[str, str | int] = {"limit": 1, "order": order}
        if ids:
            params["after"] = ids[-1]
        page = http.get(path, params=params).json()
        assert len(page["data"]) == 1
        assert page["first_id"] == page["last_id"] == page["data"][0]["id"]
        ids.append(page["last_id"])
        more = page["has_more"]
    return ids


def _failures(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    answers = [
        http.post("/query", json={}),
        http.get("/v1/jobs/job_none"),
        http.put("/query"),
        http.post("/v1/domains", json={"name": "default"}),
        http.post("/documents", files=[("files", ("a.exe", b"MZ"))]),
    ]
    return {f"error {answer.status_code}": answer.json() for answer in answers}


def _ends(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    base = "/v1/domains/default"
    return {
        "release rolled back": http.post(f"{base}/rollback").json(),
        "deleted model": http.delete(f"/v1/models/{seen['model']['id']}").json(),
        "deleted document": http.delete(f"{base}/documents/note").json(),
        "deleted dataset": http.delete(f"{base}/datasets/other").json(),
        "deleted domain": http.delete("/v1/domains/tea").json(),
    }


def _keys(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    """Make a key, from which on the client has to show one."""
    made = http.post("/v1/keys", json={"name": "crm", "access": "write"}).json()
    http.headers["authorization"] = f"Bearer {made['key']}"
    other = http.post("/v1/keys", json={"name": "shop", "domain": "default"}).json()
    return {
        "key created": made,
        "keys": http.get("/v1/keys").json(),
        "deleted key": http.delete(f"/v1/keys/{other['id']}").json(),
    }
