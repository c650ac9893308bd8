"""The HTTP application over a runtime."""

from __future__ import annotations

from functools import partial

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from service.http import failures
from service.http.admission import Admission
from service.http.allowance import Allowance
from service.http.gate import OPEN_PATHS, Gate
from service.http.objects import ErrorObject
from service.http.paging import LISTS
from service.http.protection import Protection
from service.http.rates import Rates
from service.http.routes import Routes
from service.http.watching import Watching
from service.metrics import Exposition
from service.readiness import Monitor, Probes
from service.runtime import Runtime
from service.wire.tandem.access import need_of
from service.wire.tandem.routes import (
    datasets,
    documents,
    domains,
    evaluations,
    health,
    jobs,
    keys,
    metadata,
    models,
    pages,
    questions,
    releases,
)
from service.wire.tandem.routes.dependencies import known_parameters

KEYS = """A server with keys asks for one with every call but the health check: `Authorization: Bearer KEY`. A key reads
or writes, in one domain or in all. One that reads asks, searches and looks, but changes nothing (403). One of a domain
sees that domain alone: lists leave out the others, and what belongs to them is not found (404). Calls about the whole
server (domains made and deleted, keys, metrics, the diagnosis) take a key of all domains (403)."""


def create_app(runtime: Runtime) -> Watching:
    """Return the application behind its protection; who made the runtime starts and stops it."""
    failure = {"model": ErrorObject, "description": "A failure"}
    app = FastAPI(
        title="Tandem",
        version="0.1.0",
        description=f"Documents in, cited and measured answers out.\n\n{LISTS}",
        docs_url=None,
        openapi_url=None,  # the pages have it: FastAPI would make it in the loop, and everybody would wait
        redoc_url=None,
        redirect_slashes=False,  # a document without a name would be its domain, to be deleted
        responses={"4XX": failure, "5XX": failure},
    )
    app.state.runtime = runtime
    app.state.ingesting = Allowance(runtime.settings.service.ingest_bytes, runtime.settings.service.ingest_wait_s)
    app.state.exposition = Exposition(runtime.metrics.registry)
    monitor = Monitor(runtime)
    app.state.monitor, app.state.probes = monitor, Probes(monitor.look)
    failures.install(app, runtime.settings.home, monitor.suspect)
    for module in (pages, health):
        app.include_router(module.router)
    for module in (domains, datasets, documents, metadata, questions, jobs, models, releases, evaluations, keys):
        app.include_router(module.router, dependencies=[Depends(known_parameters)])
    app.openapi = partial(_describe, app)  # type: ignore[method-assign]
    settings = runtime.settings
    _measure(app, runtime)
    app.add_middleware(Admission, limit=settings.service.requests, inside=runtime.metrics.inside)
    gate = Gate(runtime.keys, need_of, {*OPEN_PATHS, *pages.PAGES})
    most = settings.service.requests_per_minute
    protection = Protection(app, gate, settings.service.max_body_bytes, Rates(most) if most is not None else None)
    return Watching(protection, Routes(app.routes), runtime.metrics)


def _measure(app: FastAPI, runtime: Runtime) -> None:
    """Let the metrics look at what the application and its runtime hold."""
    metrics, ingesting = runtime.metrics, app.state.ingesting
    metrics.admitted.set(runtime.settings.service.requests)
    metrics.ingest_bytes.set_function(lambda: ingesting.lent)
    metrics.ingest_waiting.set_function(lambda: ingesting.waiting)
    metrics.watch(runtime.store, runtime.engine.retriever)


def _describe(app: FastAPI) -> dict[str, object]:
    """Return the OpenAPI description without FastAPI's own 422, which `failures` replaces."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(name, None)
        schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": KEYS}}
        schema["security"] = [{"key": []}]
        for path in OPEN_PATHS:
            schema["paths"][path]["get"]["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema
