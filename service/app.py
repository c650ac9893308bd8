"""The HTTP application over a runtime."""

from __future__ import annotations

from fastapi import FastAPI

from service import failures
from service.protection import Protection
from service.routes import documents, domains, evaluations, health, jobs, models, questions, releases
from service.runtime import Runtime


def create_app(runtime: Runtime) -> FastAPI:
    """Return the application; who made the runtime starts and stops it."""
    app = FastAPI(title="Tandem", version="0.1.0", description="Documents in, cited and measured answers out.")
    app.state.runtime = runtime
    failures.install(app)
    for module in (health, domains, documents, questions, jobs, models, releases, evaluations):
        app.include_router(module.router)
    settings = runtime.settings
    app.add_middleware(Protection, api_key=settings.api_key, max_body_bytes=settings.service.max_body_bytes)
    return app
