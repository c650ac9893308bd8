"""The contract of the wire: every route, and every field of every object with its JSON type.

A new route or field fails here until it is entered on purpose, in the table below or in those of `wire_shapes`: clients
rely on what the tables hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from light import LightRuntime
from serving import Served
from wire_record import record_everything
from wire_shapes import DESCRIBED, LISTS, OBJECTS, PREFIXES, OneOf, misfits

from service.http.app import create_app
from service.settings import Settings
from store.store import Store

ROUTES = (
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
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
    "PATCH /v1/domains/{domain}/documents/{document}",
    "DELETE /v1/domains/{domain}/documents/{document}",
    "GET /v1/domains/{domain}/documents/{document}/versions",
    "GET /v1/domains/{domain}/documents/{document}/text",
    "GET /v1/domains/{domain}/documents/{document}/original",
    "POST /v1/domains/{domain}/reindex",
    "GET /v1/domains/{domain}/metadata",
    "POST /v1/domains/{domain}/metadata/edit",
    "POST /v1/domains/{domain}/search",
    "POST /v1/domains/{domain}/query",
    "GET /v1/domains/{domain}/datasets",
    "POST /v1/domains/{domain}/datasets",
    "POST /v1/domains/{domain}/datasets/template",
    "GET /v1/domains/{domain}/datasets/{dataset}",
    "DELETE /v1/domains/{domain}/datasets/{dataset}",
    "GET /v1/domains/{domain}/datasets/{dataset}/examples",
    "GET /v1/domains/{domain}/datasets/{dataset}/export",
    "GET /v1/domains/{domain}/datasets/{dataset}/check",
    "POST /v1/domains/{domain}/datasets/{dataset}/split",
    "POST /v1/domains/{domain}/datasets/{dataset}/review",
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
    "GET /v1/keys",
    "POST /v1/keys",
    "DELETE /v1/keys/{key}",
)
PAGES = ("/openapi.json", "/", "/docs", "/docs/{name}")  # not in the description


@pytest.fixture(scope="module")
def http(
    served: Served, tmp_path_factory: pytest.TempPathFactory, settings_of: Callable[[Path], Settings]
) -> Iterator[httpx.Client]:
    """A client of a server with a tiny language model."""
    settings = settings_of(tmp_path_factory.mktemp("contract"))
    with served(settings) as url, httpx.Client(base_url=url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def wire(http: httpx.Client) -> dict[str, Any]:
    """Every object of the table, as the server sent it, by its name in the table."""
    return record_everything(http)


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


def test_events_come_as_a_list_and_as_a_stream(wire: dict[str, Any]) -> None:
    listed, streamed = wire["events"]["data"], wire["stream of events"]

    assert streamed.rstrip().endswith('{"status": "succeeded"}')
    assert listed[0]["message"] == "1 examples, trained closed_book"
    assert streamed.count("\nevent: info") == len(listed) > 1


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
    application = create_app(LightRuntime(tmp_path, store)).app.app  # type: ignore[arg-type]
    found = [route for route in _routes(application) if route.split()[1] not in PAGES]

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
