"""Which route serves a call, told before the application is asked: for keys, for the log and for counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute, Route


@dataclass(frozen=True)
class Call:
    """A call that a route serves: `name` is its method and the template of its path, as `GET /v1/jobs/{job}`."""

    name: str
    params: Mapping[str, str]


class Routes:
    """The routes of an application, matched by their own expressions and in their order, as the application does."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: list[tuple[frozenset[str], re.Pattern[str], str]] = [
            (frozenset(route.methods or ()), route.path_regex, route.path_format) for route in _leaves(routes)
        ]

    @property
    def names(self) -> list[str]:
        """All calls by name."""
        return [f"{method} {template}" for methods, _, template in self._routes for method in sorted(methods)]

    def find(self, method: str, path: str) -> Call | None:
        """Return the call that this is, None if the application has none."""
        for methods, expression, template in self._routes:
            if method in methods and (found := expression.match(path)):
                return Call(f"{method} {template}", found.groupdict())
        return None


def _leaves(routes: Iterable[Any]) -> Iterator[Route]:
    for route in routes:
        if hasattr(route, "original_router"):  # what FastAPI makes of an included router
            yield from _leaves(route.original_router.routes)
        else:
            yield route
