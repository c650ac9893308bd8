"""The pages for people: where to begin, and the description of the interface. They hold no data and need no key."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from store.errors import NotFoundError

router = APIRouter(include_in_schema=False)
# The page runs the scripts of this server and talks to it alone. Swagger UI writes styles into its elements.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {  # name: package and folder that it lies in, and its type
    "docs.css": ("service.pages", "", "text/css"),
    "docs.js": ("service.pages", "", "text/javascript"),
    "swagger-ui.css": ("fastapi_offline", "static", "text/css"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static", "text/javascript"),
}
PAGES = frozenset({"/", "/docs", *(f"/docs/{name}" for name in _FILES)})


@router.get("/")
def start(request: Request) -> Response:
    """Say what this is and where to go on: a page for a browser, else JSON."""
    version = request.app.version
    if "text/html" in request.headers.get("accept", ""):
        page = _read("service.pages", "", "start.html").decode().replace("{version}", version)
        return HTMLResponse(page, headers={"vary": "accept"})
    places = {"docs": "/docs", "openapi": "/openapi.json", "healthz": "/healthz", "readyz": "/readyz"}
    return JSONResponse({"name": "Tandem", "version": version} | places, headers={"vary": "accept"})


@router.get("/openapi.json")
def description(request: Request) -> dict[str, object]:
    """Return the description of the interface; the first time it is made, which takes a second of a thread."""
    described: dict[str, object] = request.app.openapi()
    return described


@router.get("/docs")
def docs() -> HTMLResponse:
    """Return the page that shows the interface, with files that come from this server alone."""
    page = _read("service.pages", "", "docs.html").decode()
    return HTMLResponse(page, headers={"content-security-policy": _POLICY})


@router.get("/docs/{name}")
def docs_file(name: str) -> Response:
    """Return a file of that page."""
    if name not in _FILES:
        raise NotFoundError(f"There is no page /docs/{name[:80]}.", code="page_not_found")
    package, folder, kind = _FILES[name]
    return Response(_read(package, folder, name), media_type=kind, headers={"cache-control": "max-age=3600"})


def _read(package: str, folder: str, name: str) -> bytes:
    return files(package).joinpath(folder, name).read_bytes() if folder else files(package).joinpath(name).read_bytes()
