"""What each call of this wire asks of a key; what is not named here takes a key of all domains, and one that writes
unless it is a GET."""

from __future__ import annotations

from service.http.gate import Need

_READING = {"POST /v1/domains/{domain}/search", "POST /v1/domains/{domain}/query", "POST /query"}  # besides every GET
_WRITING = {"GET /v1/keys"}
_DEFAULT = {"POST /documents", "POST /query"}
_OF_THE_SERVER = {"DELETE /v1/domains/{domain}"}  # its keys would go with it
# These look at the access themselves: lists leave out what it does not see, and by its id nothing else is found.
_THEMSELVES = {
    "GET /readyz",
    "GET /openapi.json",
    "GET /v1/domains",
    "GET /v1/jobs",
    "POST /v1/jobs",
    "GET /v1/jobs/{job}",
    "GET /v1/jobs/{job}/events",
    "POST /v1/jobs/{job}/cancel",
    "GET /v1/models",
    "GET /v1/models/{model}",
    "DELETE /v1/models/{model}",
    "GET /v1/releases/{release}",
    "POST /v1/releases/{release}/promote",
    "GET /v1/evaluations",
    "POST /v1/evaluations",
    "GET /v1/evaluations/{evaluation}",
    "GET /v1/evaluations/{evaluation}/report.json",
    "GET /v1/evaluations/{evaluation}/report.md",
    "GET /v1/evaluations/{evaluation}/report.html",
}


def need_of(call: str) -> Need:
    """Return what a call, named by its method and the template of its path, asks of a key."""
    method, template = call.split(" ", 1)
    writes = call in _WRITING or not (method in ("GET", "HEAD") or call in _READING)
    if call in _OF_THE_SERVER:
        return Need("server", writes)
    if template.startswith("/v1/domains/{domain}"):
        return Need("path", writes)
    if call in _DEFAULT:
        return Need("default", writes)
    return Need("any" if call in _THEMSELVES else "server", writes)
