"""The HTTP application over a runtime."""

from __future__ import annotations

from functools import partial

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from service.http import failures
from service.http.admission import Admission
from service.http.allowance import Allowance
from service.http.objects import ErrorObject
from service.http.paging import LISTS
from service.http.protection import OPEN_PATHS, Protection
from service.readiness import Monitor, Probes
from service.runtime import Runtime
from service.wire.tandem.routes import (
    datasets,
    documents,
    domains,
    evaluations,
    health,
    jobs,
    metadata,
    models,
    pages,
    questions,
    releases,
)
from service.wire.tandem.routes.dependencies import known_parameters


def create_app(runtime: Runtime) -> Protection:
    """Return the application behind its protection; who made the runtime starts and stops it."""
    failure = {"model": ErrorObject, "description": "A failure"}
    app = FastAPI(
        title="Tandem",
        version="0.1.0",
        description=f"Documents in, cited and measured answers out.\n\n{LISTS}",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": failure, "5XX": failure},
    )
    app.state.runtime = runtime
    app.state.ingesting = Allowance(runtime.settings.service.ingest_bytes, runtime.settings.service.ingest_wait_s)
    monitor = Monitor(runtime)
    app.state.monitor, app.state.probes = monitor, Probes(monitor.look)
    failures.install(app, runtime.settings.home, monitor.suspect)
    for module in (pages, health):
        app.include_router(module.router)
    for module in (domains, datasets, documents, metadata, questions, jobs, models, releases, evaluations):
        app.include_router(module.router, dependencies=[Depends(known_parameters)])
    app.openapi = partial(_describe, app)  # type: ignore[method-assign]
    settings = runtime.settings
    app.add_middleware(Admission, limit=settings.service.requests)
    return Protection(app, settings.api_key, settings.service.max_body_bytes, {*OPEN_PATHS, *pages.PAGES})


def _describe(app: FastAPI) -> dict[str, object]:
    """Return the OpenAPI description without FastAPI's own 422, which `failures` replaces."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(name, None)
        app.openapi_schema = schema
    return app.openapi_schema
