"""The contract of the wire: every route, and every field of every object with its JSON type.

A new route or field fails here until it is entered in a table on purpose: clients rely on what the tables hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from polling import ended

from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from service.app import create_app
from service.server import local_server
from service.settings import Settings
from store.store import Store
from tuner.settings import LoraSettings, TunerSettings

ROUTES = (
    "GET /healthz",
    "GET /readyz",
    "GET /v1/doctor",
    "POST /documents",
    "POST /query",
    "GET /v1/domains",
    "POST /v1/domains",
    "GET /v1/domains/{domain}",
    "PATCH /v1/domains/{domain}",
    "DELETE /v1/domains/{domain}",
    "GET /v1/domains/{domain}/documents",
    "POST /v1/domains/{domain}/documents",
    "GET /v1/domains/{domain}/documents/{document}",
    "PUT /v1/domains/{domain}/documents/{document}",
    "DELETE /v1/domains/{domain}/documents/{document}",
    "GET /v1/domains/{domain}/documents/{document}/versions",
    "GET /v1/domains/{domain}/documents/{document}/text",
    "GET /v1/domains/{domain}/documents/{document}/original",
    "POST /v1/domains/{domain}/search",
    "POST /v1/domains/{domain}/query",
    "GET /v1/domains/{domain}/datasets",
    "POST /v1/domains/{domain}/datasets",
    "GET /v1/domains/{domain}/datasets/{dataset}",
    "DELETE /v1/domains/{domain}/datasets/{dataset}",
    "GET /v1/domains/{domain}/datasets/{dataset}/examples",
    "GET /v1/domains/{domain}/releases",
    "POST /v1/domains/{domain}/releases",
    "POST /v1/domains/{domain}/rollback",
    "GET /v1/releases/{release}",
    "POST /v1/releases/{release}/promote",
    "GET /v1/jobs",
    "POST /v1/jobs",
    "GET /v1/jobs/{job}",
    "GET /v1/jobs/{job}/events",
    "POST /v1/jobs/{job}/cancel",
    "GET /v1/models",
    "GET /v1/models/{model}",
    "DELETE /v1/models/{model}",
    "GET /v1/evaluations",
    "POST /v1/evaluations",
    "GET /v1/evaluations/{evaluation}",
    "GET /v1/evaluations/{evaluation}/report.json",
    "GET /v1/evaluations/{evaluation}/report.md",
    "GET /v1/evaluations/{evaluation}/report.html",
)
FRAMEWORK = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")


class OneOf(tuple[Any, ...]):
    """Any of several shapes."""

    def __new__(cls, *shapes: Any) -> OneOf:
        return super().__new__(cls, shapes)


# A shape is a type (exactly this JSON type: no boolean is a number), a value, a dict with exactly these keys, {str: x}
# for a map, [x] for a list of x, OneOf, or ANY.
ANY = object()
NUMBER = OneOf(int, float)
TEXT_OR_NULL = OneOf(str, None)
METADATA = {str: OneOf(str, int, float, bool, None)}
REASON = {"code": str, "message": str}

DOMAIN = {
    "id": str, "object": "domain", "name": str, "description": str, "metadata": METADATA, "release": str,
    "documents": int, "passages": int, "created_at": int,
}  # fmt: skip
DOCUMENT = {
    "id": str, "object": "document", "domain": str, "external_id": str, "title": str, "version": int,
    "status": OneOf("received", "parsed", "searchable", "failed", "quarantined"), "error": OneOf(REASON, None),
    "media_type": str, "bytes": int, "sha256": str, "metadata": METADATA, "passages": int, "created_at": int,
    "updated_at": int,
}  # fmt: skip
VERSION = {
    "object": "document.version", "version": int, "sha256": str, "media_type": str, "bytes": int, "created_at": int,
}  # fmt: skip
UPLOAD_ITEM = {
    "filename": TEXT_OR_NULL, "external_id": str, "result": OneOf("created", "updated", "unchanged", "failed"),
    "document": OneOf(DOCUMENT, None), "error": OneOf(REASON, None),
}  # fmt: skip
UPLOAD_LIST = {"object": "list", "data": [UPLOAD_ITEM], "job": TEXT_OR_NULL}
RANK = OneOf(int, None)
HIT = {
    "passage_id": str, "document_id": str, "external_id": str, "title": str, "version": int, "start": int, "end": int,
    "page": OneOf(int, None), "heading": str, "text": str, "score": float,
    "ranks": {"dense": RANK, "lexical": RANK, "rerank": RANK}, "also_in": [str],
}  # fmt: skip
SEARCH = {
    "object": "list", "data": [HIT], "index_seq": int, "release": str, "mode": OneOf("hybrid", "dense", "lexical"),
}  # fmt: skip
CITATION = {
    "marker": str, "document_id": str, "external_id": str, "title": str, "version": int, "passage_id": str,
    "start": int, "end": int, "page": OneOf(int, None), "quote": str, "score": float,
}  # fmt: skip
USAGE = {"prompt_tokens": int, "completion_tokens": int}
RANKING = [{"passage_id": str, "score": float}]
EXPLAIN = {
    "searched_for": TEXT_OR_NULL,
    "retrieval": OneOf(
        {
            "dense": RANKING, "lexical": RANKING, "fusion": RANKING, "rerank": OneOf(RANKING, None),
            "unknown_share": float, "weights": {"dense": float, "lexical": float},
        },
        None,
    ),
    "term_weights": OneOf({str: float}, None),
    "evidence": {"estimate": OneOf(float, None), "threshold": float},
    "prompt": OneOf([{"role": str, "content": str}], None),
    "draft": str,
    "span": TEXT_OR_NULL,
    "abstained_for": TEXT_OR_NULL,
}  # fmt: skip
ANSWER = {
    "id": str, "object": "answer", "answer": str, "abstained": bool, "evidence": OneOf(float, None),
    "citations": [CITATION], "passages": [HIT], "domain": str, "arm": str, "release": str, "index_seq": int,
    "generator": OneOf("extractive", "transformers"), "adapter": TEXT_OR_NULL, "usage": USAGE,
    "timings_ms": {str: float}, "explain": OneOf(EXPLAIN, None),
}  # fmt: skip
DATASET = {
    "id": str, "object": "dataset", "domain": str, "name": str,
    "kind": OneOf("qa", "chat", "preference", "triplets", "retrieval", "text"),
    "origin": OneOf("human", "synthetic", "feedback"), "counts": {str: int}, "splits": [str], "tainted": int,
    "outdated": int, "created_at": int,
}  # fmt: skip
EXAMPLE = {"key": str, "split": str, "content": {str: ANY}, "documents": {str: int}, "flag": TEXT_OR_NULL}
JOB = {
    "id": str, "object": "job", "kind": OneOf("ingest", "tune_generator", "evaluate"), "domain": str,
    "status": OneOf("queued", "running", "succeeded", "failed", "cancelled"), "progress": NUMBER,
    "eta_s": OneOf(int, float, None), "params": {str: ANY}, "result": OneOf({str: ANY}, None),
    "error": OneOf(REASON, None), "created_at": int, "started_at": OneOf(int, None), "finished_at": OneOf(int, None),
}  # fmt: skip
EVENT = {
    "id": str, "object": "job.event", "level": OneOf("info", "error"), "message": str, "data": {str: ANY},
    "created_at": int,
}  # fmt: skip
MODEL = {
    "id": str, "object": "model", "kind": OneOf("base", "adapter"), "domain": TEXT_OR_NULL, "base": TEXT_OR_NULL,
    "parent": TEXT_OR_NULL, "state": OneOf("candidate", "released", "archived"),
    "flags": [OneOf("tainted", "outdated")], "lineage": {str: ANY}, "metrics": {str: ANY}, "created_at": int,
}  # fmt: skip
MANIFEST = {
    "query_encoder": str, "passage_encoder": str, "space_id": str, "passage_set": str, "reranker": TEXT_OR_NULL,
    "base_model": TEXT_OR_NULL, "adapter": TEXT_OR_NULL, "prompt": {"name": str, "sha256": str}, "shots": 0,
    "retrieval": {
        "mode": str, "passages": int, "candidates": int, "fusion": OneOf("convex", "ranks"), "dense_weight": float,
        "spread_gain": float,
        "rank_constant": int, "rerank": int,
    },
    "generation": {"backend": OneOf("extractive", "transformers"), "arm": str, "max_new_tokens": int},
    "thresholds": {
        "evidence": float,
        "weights": {
            "bias": float, "reading": float, "coverage": float, "cosine": float, "chinese": float,
            "chinese_coverage": float,
        },
    },
}  # fmt: skip
DOMAIN_DIAGNOSIS = {
    "domain": str, "texts": int, "unknown_share": float, "dense_weight": float, "advice": str,
}  # fmt: skip
DIAGNOSIS = {
    "object": "diagnosis", "encoder": str, "space_id": str, "precision": OneOf("f32", "bf16"), "reranker": TEXT_OR_NULL,
    "domains": [DOMAIN_DIAGNOSIS],
}  # fmt: skip
RELEASE = {
    "id": str, "object": "release", "domain": str, "manifest": MANIFEST, "active": bool, "created_at": int,
}  # fmt: skip
EVALUATION = {
    "id": str, "object": "evaluation", "domain": str, "dataset": str, "job": str,
    "status": OneOf("queued", "running", "succeeded", "failed", "cancelled"),
    "verdict": OneOf({"arm": str, "text": str, "release": str}, None), "report": OneOf({str: ANY}, None),
    "created_at": int,
}  # fmt: skip
ERROR = {"error": {"message": str, "type": str, "param": TEXT_OR_NULL, "code": TEXT_OR_NULL}}


def list_of(shape: Any, ids: Any = str) -> dict[str, Any]:
    """The envelope of a list; the ids are those of the objects at its ends."""
    return {"object": "list", "data": [shape], "first_id": ids, "last_id": ids, "has_more": bool}


def deleted(kind: str) -> dict[str, Any]:
    """The answer to a deletion."""
    return {"id": str, "object": kind, "deleted": True}


OBJECTS: dict[str, Any] = {
    "domain": DOMAIN,
    "domain created": DOMAIN,
    "domain changed": DOMAIN,
    "domains": list_of(DOMAIN),
    "document": DOCUMENT,
    "document failed": DOCUMENT,
    "documents": list_of(DOCUMENT),
    "versions": list_of(VERSION, None),
    "upload": UPLOAD_LIST,
    "upload queued": UPLOAD_LIST,
    "upload replaced": UPLOAD_LIST,
    "search": SEARCH,
    "answer": ANSWER,
    "answer explained": ANSWER,
    "answer abstained": ANSWER,
    "answer of a model": ANSWER,
    "answer without passages": ANSWER,
    "event passages": [HIT],
    "event delta": {"text": str},
    "event citations": [CITATION],
    "event done": ANSWER,
    "dataset": DATASET,
    "dataset created": DATASET,
    "datasets": list_of(DATASET),
    "examples": list_of(EXAMPLE, None),
    "job queued": JOB,
    "job succeeded": JOB,
    "job failed": JOB,
    "job cancelled": JOB,
    "jobs": list_of(JOB),
    "events": list_of(EVENT),
    "event of a job": EVENT,
    "end of a job": {"status": str},
    "model": MODEL,
    "models": list_of(MODEL),
    "release": RELEASE,
    "release with an adapter": RELEASE,
    "release promoted": RELEASE,
    "release rolled back": RELEASE,
    "releases": list_of(RELEASE),
    "evaluation queued": EVALUATION,
    "evaluation": EVALUATION,
    "evaluations": list_of(EVALUATION),
    "deleted document": deleted("document"),
    "deleted dataset": deleted("dataset"),
    "deleted model": deleted("model"),
    "deleted domain": deleted("domain"),
    "error 400": ERROR,
    "error 404": ERROR,
    "error 405": ERROR,
    "error 409": ERROR,
    "error 422": ERROR,
    "healthz": {"status": "ok"},
    "readyz": {"status": "ready"},
    "diagnosis": DIAGNOSIS,
}
DESCRIBED = {
    "DomainObject": DOMAIN, "DocumentObject": DOCUMENT, "UploadItem": UPLOAD_ITEM, "UploadList": UPLOAD_LIST,
    "HitObject": HIT, "SearchObject": SEARCH, "CitationObject": CITATION, "UsageObject": USAGE, "AnswerObject": ANSWER,
    "DatasetObject": DATASET, "JobObject": JOB, "ModelObject": MODEL, "ReleaseObject": RELEASE,
    "EvaluationObject": EVALUATION, "ErrorObject": ERROR, "ErrorContent": ERROR["error"], "ObjectList": list_of(ANY),
    "Deleted": deleted("document"), "Diagnosis": DIAGNOSIS, "DomainDiagnosis": DOMAIN_DIAGNOSIS,
}  # fmt: skip
PREFIXES = {
    "domain": "dom_", "document": "doc_", "dataset": "ds_", "job queued": "job_", "event of a job": "evt_",
    "model": "mdl_", "release": "rel_", "evaluation": "evl_", "answer": "qry_",
}  # fmt: skip
LISTS = [  # path, default limit, default order
    ("/v1/domains", 1000, "asc"),
    ("/v1/domains/default/documents", 10_000, "desc"),
    ("/v1/domains/default/datasets", 20, "desc"),
    ("/v1/domains/default/releases", 20, "desc"),
    ("/v1/jobs", 20, "desc"),
    ("/v1/jobs/{job}/events", 20, "asc"),
    ("/v1/models", 20, "desc"),
    ("/v1/evaluations", 20, "asc"),
]


def misfits(value: Any, shape: Any, place: str = "") -> list[str]:
    """Return where a value has not this shape."""
    if shape is ANY:
        return []
    if isinstance(shape, OneOf):
        tried = [misfits(value, each, place) for each in shape]
        return min(tried, key=len) if all(tried) else []
    parts: list[tuple[Any, Any, str]] = []
    if isinstance(shape, list) and isinstance(value, list):
        parts = [(each, shape[0], f"{place}[{number}]") for number, each in enumerate(value)]
    elif isinstance(shape, dict) and isinstance(value, dict):
        if set(shape) != {str} and set(value) != set(shape):
            return [f"{place}: missing {set(shape) - set(value)}, not in the table {set(value) - set(shape)}"]
        parts = [(each, shape.get(key, shape.get(str)), f"{place}.{key}") for key, each in value.items()]
    elif type(value) is not shape and (type(value) is not type(shape) or value != shape):
        return [f"{place}: {value!r} is not {shape!r}"]
    return [wrong for part in parts for wrong in misfits(*part)]


FERRY = "# Ferry\n\nThe ferry Aurora carries 120 passengers.\n\n## Fares\n\nA single ticket costs 12 crowns."
FARE = "How much does a single ticket cost?"
QUESTION = {"question": "What is the fare?", "answers": ["12 crowns"], "documents": ["ferry.md"]}


@pytest.fixture(scope="module")
def http(
    tmp_path_factory: pytest.TempPathFactory, retriever_settings: RetrieverSettings, minilm: object, tiny_model: Path
) -> Iterator[httpx.Client]:
    """A client of a server with a tiny language model."""
    del minilm
    settings = Settings(
        home=tmp_path_factory.mktemp("contract") / "home",
        retriever=retriever_settings,
        generator=GeneratorSettings(base_model=tiny_model, max_new_tokens=8),
        tuner=TunerSettings(lora=LoraSettings(r=2, epochs=1, batch=4)),
    )
    with local_server(settings) as url, httpx.Client(base_url=url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def wire(http: httpx.Client) -> dict[str, Any]:
    """Every object of the table, as the server sent it, by its name in the table."""
    seen: dict[str, Any] = {}
    for record in (_content, _questions, _work, _lists, _failures, _ends):
        seen |= record(http, seen)
    return seen


def _content(http: httpx.Client, seen: dict[str, Any]) -> dict[str, Any]:
    base = "/v1/domains/default"
    parts = [("files", ("ferry.md", FERRY)), ("files", ("a.exe", b"MZ")), ("files", ("c.md", b"\xff\xfe\x00"))]
    upload = http.post(f"{base}/documents?wait=true", files=parts).json()
    metadata = {"a": 1, "b": 1.5, "c": True, "d": None, "e": "x"}
    text = {"external_id": "note", "title": "Note", "text": "The well is deep.", "metadata": metadata}
    queued = http.post(f"{base}/documents", json={"documents": [text]}).json()
    ended(http, queued["job"])
    replaced = http.put(f"{base}/documents/note?wait=true", json={"documents": [{"text": "The well is dry."}]}).json()
    lines = {split: json.dumps({**QUESTION, "split": split}) for split in ("train", "test")}
    for name in ("faq", "other"):
        files = {"file": ("faq.jsonl", "\n".join(lines.values()))}
        created = http.post(f"{base}/datasets", data={"name": name}, files=files).json()
    return {
        "upload": upload,
        "upload queued": queued,
        "upload replaced": replaced,
        "document": http.get(f"{base}/documents/note").json(),
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

    tuning = start("tune_generator", dataset="faq", trained="closed_book")
    failing = start("tune_generator", dataset="faq", split="dev")  # which has no example
    cancelled = start("ingest")
    evaluations = [
        http.post("/v1/evaluations", json={"domain": "default", "dataset": name, "arms": ["extractive"]}).json()
        for name in ("faq", "other")
    ]
    stopped = http.post(f"/v1/jobs/{cancelled['id']}/cancel").json()
    done = ended(http, tuning["id"])
    assert done["status"] == "succeeded", done
    for evaluation in evaluations:
        assert ended(http, evaluation["job"])["status"] == "succeeded"
    model = done["result"]["model"]
    streamed = http.get(f"/v1/jobs/{tuning['id']}/events", headers={"accept": "text/event-stream"}).text
    first, *_, last = [block.partition("\ndata: ")[2] for block in streamed.strip().split("\n\n")]
    made = http.post(f"{base}/releases", json={"set": {"adapter": model}}).json()
    return {
        "job queued": tuning,
        "job succeeded": done,
        "job failed": ended(http, failing["id"]),
        "job cancelled": stopped,
        "event of a job": json.loads(first),
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
        page = http.get(path, params={"limit": 1, "order": order} | ({"after": ids[-1]} if ids else {})).json()
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


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_exactly_these_fields_of_these_types(wire: dict[str, Any], name: str) -> None:
    assert misfits(wire[name], OBJECTS[name], name) == []


def test_the_table_was_tried_on_full_objects(wire: dict[str, Any]) -> None:
    """An empty list or null fits any shape: what the table is tried on must hold something in each of its places."""
    assert wire["document failed"]["error"]["code"]
    assert [item["result"] for item in wire["upload"]["data"]] == ["created", "failed", "failed"]
    assert [item["document"] is None for item in wire["upload"]["data"]] == [False, True, False]
    assert (wire["upload"]["job"], wire["upload queued"]["job"] is None) == (None, False)
    assert wire["answer"]["citations"] == wire["event citations"] != []
    assert [wire[f"answer {kind}"]["abstained"] for kind in ("explained", "abstained")] == [False, True]
    assert wire["answer explained"]["explain"]["abstained_for"] is None
    assert wire["answer of a model"]["explain"]["prompt"]
    assert wire["answer without passages"]["explain"]["retrieval"] is None
    assert wire["answer explained"]["explain"]["retrieval"]["dense"]
    assert wire["examples"]["data"][0]["documents"]
    assert (wire["job failed"]["status"], wire["job cancelled"]["status"]) == ("failed", "cancelled")
    assert (wire["job queued"]["status"], wire["job queued"]["started_at"]) == ("queued", None)
    assert wire["evaluation queued"]["report"] is None
    assert wire["evaluation"]["verdict"] == wire["evaluation"]["report"]["verdict"]
    assert wire["release with an adapter"]["manifest"]["adapter"] == wire["model"]["id"]
    assert [model["kind"] for model in wire["models"]["data"]] == ["adapter", "base"]
    assert set(OBJECTS) <= set(wire)
    for name, shape in OBJECTS.items():
        if isinstance(shape, dict) and isinstance(shape.get("data"), list):
            assert wire[name]["data"], name


@pytest.mark.parametrize("name", PREFIXES)
def test_an_id_says_of_what_it_is(wire: dict[str, Any], name: str) -> None:
    assert wire[name]["id"].startswith(PREFIXES[name])


@pytest.mark.parametrize(("path", "limit", "order"), LISTS)
def test_a_list_has_pages_in_both_orders(wire: dict[str, Any], path: str, limit: int, order: str) -> None:
    pages = wire["pages"][path]
    whole = pages["all"]
    ids = [each["id"] for each in whole["data"]]

    assert 2 <= len(ids) <= limit
    assert (whole["first_id"], whole["last_id"], whole["has_more"]) == (ids[0], ids[-1], False)
    assert pages[order] == ids
    assert pages["desc"] == pages["asc"][::-1]
    assert pages["unknown"].status_code == 404
    assert [(answer.status_code, answer.json()["error"]["param"]) for answer in pages["wrong"]] == [
        (400, "limit"),
        (400, "limit"),
        (400, "order"),
    ]


@pytest.mark.parametrize(("path", "limit", "order"), LISTS)
def test_the_description_names_the_defaults_of_a_list(http: httpx.Client, path: str, limit: int, order: str) -> None:
    described = path.replace("/default/", "/{domain}/")
    given = http.get("/openapi.json").json()["paths"][described]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in given}

    assert schemas["limit"]["default"] == limit
    assert schemas["order"]["default"] == order
    assert "after" in schemas


def test_a_new_object_is_first_where_the_newest_is(wire: dict[str, Any]) -> None:
    assert wire["evaluations"]["data"][0]["id"] == wire["evaluation"]["id"]
    assert wire["datasets"]["data"][0]["name"] == "other"
    assert wire["documents"]["data"][0]["external_id"] == "note"
    assert wire["events"]["data"][0] == wire["event of a job"]
    assert wire["releases"]["data"][0]["id"] == wire["release with an adapter"]["id"]
    assert wire["jobs"]["data"][0]["kind"] == "evaluate"


def test_the_table_holds_every_route_of_the_application(store: Store, tmp_path: Path) -> None:
    class Bare:
        settings = Settings(home=tmp_path)

    application = create_app(Bare())._app  # type: ignore[arg-type]
    found = [route for route in _routes(application) if route.split()[1] not in FRAMEWORK]

    assert sorted(found) == sorted(ROUTES)


def _routes(application: Any) -> Iterator[str]:
    for route in application.routes:
        if hasattr(route, "original_router"):  # what FastAPI makes of an included router
            yield from _routes(route.original_router)
        else:
            yield from (f"{method} {route.path}" for method in route.methods)


def test_the_description_lists_every_route(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]

    listed = [f"{method.upper()} {path}" for path, operations in paths.items() for method in operations]
    assert sorted(listed) == sorted(ROUTES)


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_description_has_every_field_of_an_object(http: httpx.Client, name: str) -> None:
    schema = http.get("/openapi.json").json()["components"]["schemas"][name]

    assert set(schema["properties"]) == set(DESCRIBED[name])


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (True, int), (1, bool), (1, float), (1.0, int), (None, str), ("x", None), ({"a": 1}, {}), ({}, {"a": int}),
        ([1, "x"], [int]), ({"a": "x"}, {str: int}), ("b", "a"), (1, True), ([], {str: int}), (5, OneOf(str, None)),
    ],
)  # fmt: skip
def test_the_table_would_notice(value: object, shape: object) -> None:
    assert misfits(value, shape) != []
