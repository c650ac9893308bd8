"""The shapes of the wire: every object with its fields and their JSON types, and what else clients rely on."""

from __future__ import annotations

from typing import Any


class OneOf(tuple[Any, ...]):
    """Any of several shapes."""

    def __new__(cls, *shapes: Any) -> OneOf:
        return super().__new__(cls, shapes)


# A shape is a type (exactly this JSON type: no boolean is a number), a value, a dict with exactly these keys, {str: x}
# for a map, [x] for a list of x, OneOf, or ANY.
ANY = object()
NUMBER = OneOf(int, float)
TEXT_OR_NULL = OneOf(str, None)
PLAIN = OneOf(str, int, float, bool)
METADATA = {str: OneOf(PLAIN, None, [PLAIN])}
REASON = {"code": str, "message": str}

DOMAIN = {
    "id": str, "object": "domain", "name": str, "description": str, "metadata": METADATA, "release": str,
    "documents": int, "passages": int, "created_at": int,
}  # fmt: skip
DOCUMENT = {
    "id": str, "object": "document", "domain": str, "external_id": str, "title": str, "version": int,
    "status": OneOf("received", "parsed", "searchable", "failed", "quarantined"), "error": OneOf(REASON, None),
    "media_type": str, "bytes": int, "sha256": str, "metadata": METADATA, "passages": int, "unembedded": int,
    "created_at": int, "updated_at": int,
}  # fmt: skip
VERSION = {
    "object": "document.version", "version": int, "sha256": str, "media_type": str, "bytes": int, "created_at": int,
}  # fmt: skip
INDEX = {"object": "index", "domain": str, "index_seq": int, "texts": int}
FREQUENT = [{"value": OneOf(PLAIN, None), "documents": int}]
METADATA_KEY = {"object": "metadata.key", "key": str, "documents": int, "kinds": {str: int}, "values": FREQUENT}
METADATA_CHANGE = {"object": "metadata.change", "matched": int, "changed": int, "dry_run": bool}
UPLOAD_ITEM = {
    "filename": TEXT_OR_NULL, "external_id": str, "result": OneOf("created", "updated", "unchanged", "failed"),
    "document": OneOf(DOCUMENT, None), "error": OneOf(REASON, None), "warning": TEXT_OR_NULL,
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
    "context": [{"kind": str, "start": int, "end": int, "quote": str}], "source": OneOf("text", "ocr"),
    "boxes": [{"page": int, "left": int, "top": int, "right": int, "bottom": int}],
}  # fmt: skip
USAGE = {"prompt_tokens": int, "completion_tokens": int}
RANKING = [{"passage_id": str, "score": float}]
EXPLAIN = {
    "searched_for": TEXT_OR_NULL,
    "follow_up": {
        "kind": str, "by": str, "read_as": str, "own_terms": [str], "carried_terms": [str], "dropped_terms": [str],
        "note": TEXT_OR_NULL,
    },
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
    "chat_template": TEXT_OR_NULL,
    "shots": [str], "left_out": [str],
    "draft": str,
    "span": TEXT_OR_NULL,
    "dropped_citations": [{"marker": str, "reason": str}], "dropped_sentences": [{"text": str, "reason": str}],
    "abstained_for": TEXT_OR_NULL,
}  # fmt: skip
ANSWER = {
    "id": str, "object": "answer", "answer": str, "abstained": bool, "evidence": OneOf(float, None),
    "citations": [CITATION], "unsupported": [{"start": int, "end": int, "text": str, "reason": str}],
    "passages": [HIT], "domain": str, "arm": str, "release": str, "index_seq": int,
    "generator": OneOf("extractive", "transformers", "openai"), "adapter": TEXT_OR_NULL, "usage": USAGE,
    "timings_ms": {str: float}, "explain": OneOf(EXPLAIN, None), "fallback": OneOf({"reason": str}, None),
}  # fmt: skip
DATASET = {
    "id": str, "object": "dataset", "domain": str, "name": str,
    "kind": OneOf("qa", "chat", "preference", "triplets", "retrieval", "text"),
    "origin": OneOf("human", "synthetic", "feedback"), "counts": {str: int}, "splits": [str], "tainted": int,
    "outdated": int, "drafts": int, "warnings": [str], "created_at": int,
}  # fmt: skip
EXAMPLE = {
    "key": str, "split": str, "content": {str: ANY}, "documents": {str: int}, "spans": {str: [[int]]},
    "flag": TEXT_OR_NULL, "review": OneOf("draft", "kept", "edited", None),
}  # fmt: skip
JOB = {
    "id": str, "object": "job", "kind": OneOf("ingest", "tune_generator", "evaluate"), "domain": str,
    "status": OneOf("queued", "running", "succeeded", "failed", "cancelled"), "progress": NUMBER,
    "cancel_requested": bool, "waits_for": OneOf({"id": str, "kind": str, "status": str, "progress": NUMBER}, None),
    "eta_s": OneOf(int, float, None), "params": {str: ANY}, "result": OneOf({str: ANY}, None),
    "error": OneOf(REASON, None), "created_at": int, "started_at": OneOf(int, None), "finished_at": OneOf(int, None),
}  # fmt: skip
EVENT = {
    "id": str, "object": "job.event", "level": OneOf("info", "warning", "error"), "message": str, "data": {str: ANY},
    "created_at": int,
}  # fmt: skip
MODEL = {
    "id": str, "object": "model", "kind": OneOf("base", "adapter"), "domain": TEXT_OR_NULL, "base": TEXT_OR_NULL,
    "parent": TEXT_OR_NULL, "state": OneOf("candidate", "released", "archived"),
    "flags": [OneOf("tainted", "outdated")], "lineage": {str: ANY}, "metrics": {str: ANY}, "created_at": int,
}  # fmt: skip
MANIFEST = {
    "query_encoder": str, "passage_encoder": str, "space_id": str, "passage_set": str, "reranker": TEXT_OR_NULL,
    "base_model": TEXT_OR_NULL, "adapter": TEXT_OR_NULL, "prompt": {"name": str, "sha256": str},
    "shots": {"count": int, "choice": OneOf("nearest", "fixed"), "dataset": TEXT_OR_NULL, "tokens": int},
    "retrieval": {
        "mode": str, "passages": int, "candidates": int, "fusion": OneOf("convex", "ranks"), "dense_weight": float,
        "spread_gain": float, "rank_constant": int, "rerank": int,
    },
    "generation": {"backend": OneOf("extractive", "transformers", "openai"), "arm": str, "max_new_tokens": int},
    "thresholds": {
        "evidence": float,
        "weights": {
            "bias": float, "reading": float, "coverage": float, "cosine": float, "chinese": float,
            "chinese_coverage": float, "window_reading": float, "window_coverage": float, "window_cosine": float,
            "chinese_cosine": float, "typed": float, "ahead": float, "unnamed": float,
        },
    },
    "support": {"cite": bool, "unsupported": OneOf("mark", "drop"), "uncited": OneOf("abstain", "quote"),
                "reader": OneOf(float, None)},
}  # fmt: skip
DOMAIN_DIAGNOSIS = {
    "domain": str, "release": str, "generator": OneOf("extractive", "transformers", "openai"), "failed": int,
    "quarantined": int, "waiting": int, "index_seq": OneOf(int, None), "newest_seq": int, "texts": int,
    "unknown_share": float, "dense_weight": float, "advice": str,
}  # fmt: skip
PROBLEM = {"part": OneOf("server", "database", "disk", "jobs", "release"), "message": str, "domain": TEXT_OR_NULL}
WAITING = {"domain": str, "kind": str, "queued": int, "running": int}
GIVEN_UP = {
    "domain": str, "id": str, "external_id": str, "status": OneOf("failed", "quarantined"), "code": str, "message": str,
}  # fmt: skip
STALE = {"domain": str, "kind": OneOf("model", "dataset"), "id": str, "name": str, "tainted": int, "outdated": int}
SETTING = {"name": str, "value": str}
DIAGNOSIS = {
    "object": "diagnosis", "status": OneOf("ready", "degraded", "unavailable"), "encoder": str, "space_id": str,
    "precision": OneOf("f32", "bf16"), "reranker": TEXT_OR_NULL, "base_model": TEXT_OR_NULL, "disk_free": int,
    "database_bytes": int, "settings_from": str, "given_up_total": int, "problems": [PROBLEM],
    "passages": TEXT_OR_NULL, "questions": TEXT_OR_NULL, "cpu": str, "reading": str,
    "domains": [DOMAIN_DIAGNOSIS],
    "queue": [WAITING], "given_up": [GIVEN_UP], "stale": [STALE], "settings": [SETTING],
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
KEY = {
    "id": str, "object": "key", "name": str, "access": OneOf("read", "write"), "domain": TEXT_OR_NULL,
    "created_at": int, "last_used_at": OneOf(int, None), "revoked_at": OneOf(int, None),
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
    "document changed": DOCUMENT,
    "index": INDEX,
    "metadata keys": list_of(METADATA_KEY),
    "metadata changed": METADATA_CHANGE,
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
    "examples": list_of(EXAMPLE),
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
    "key created": {**KEY, "key": str},
    "keys": list_of(KEY),
    "deleted key": deleted("key"),
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
LISTS_OF = {  # what a list holds is in the description, too
    f"ObjectList_{name}_": list_of(ANY)
    for name in (
        "DomainObject", "DocumentObject", "VersionObject", "DatasetObject", "ExampleObject", "JobObject", "EventObject",
        "ModelObject", "ReleaseObject", "EvaluationObject", "KeyObject", "ApiKeyObject",
    )
}  # fmt: skip
DESCRIBED: dict[str, Any] = {
    "DomainObject": DOMAIN, "DocumentObject": DOCUMENT, "UploadItem": UPLOAD_ITEM, "UploadList": UPLOAD_LIST,
    "HitObject": HIT, "SearchObject": SEARCH, "CitationObject": CITATION, "UsageObject": USAGE, "AnswerObject": ANSWER,
    "DatasetObject": DATASET, "JobObject": JOB, "ModelObject": MODEL, "ReleaseObject": RELEASE,
    "EvaluationObject": EVALUATION, "ErrorObject": ERROR, "ErrorContent": ERROR["error"], **LISTS_OF,
    "Deleted": deleted("document"), "Diagnosis": DIAGNOSIS, "DomainDiagnosis": DOMAIN_DIAGNOSIS,
    "ReadinessObject": {"status": str, "problems": ANY}, "ProblemObject": PROBLEM, "WaitingObject": WAITING,
    "GivenUpObject": GIVEN_UP, "SettingObject": SETTING, "StaleObject": STALE, "IndexObject": INDEX,
    "KeyObject": METADATA_KEY, "ChangedObject": METADATA_CHANGE, "ApiKeyObject": KEY,
    "NewApiKeyObject": {**KEY, "key": str},
}  # fmt: skip
PREFIXES = {
    "domain": "dom_", "document": "doc_", "dataset": "ds_", "job queued": "job_", "event of a job": "evt_",
    "model": "mdl_", "release": "rel_", "evaluation": "evl_", "answer": "qry_",
    "key created": "key_",
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
