"""Requests as the description of the interface allows them, and as it does not: none makes the server fail."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from light import LightRuntime
from one_of_each import fill

from service.http.app import create_app
from store.store import Store

KEY = "correct-horse-battery"
MEANT = {503}  # a report that is not there yet


@dataclass(frozen=True)
class Target:
    """The operations of a server, and the things that it has, by what paths call them."""

    operations: list[Any]
    things: dict[str, str]


@pytest.fixture
def target(store: Store) -> Iterator[Target]:
    from schemathesis import openapi

    runtime = LightRuntime(store.folder.root, store, KEY)
    things = fill(store, runtime.engine.pin("default").domain_id, "default", "alice")
    described = openapi.from_asgi("/openapi.json", create_app(runtime), headers={"authorization": f"Bearer {KEY}"})  # type: ignore[arg-type]
    operations = [each.ok() for each in described.get_all_operations()]
    operations.sort(key=lambda each: (each.method.upper() == "DELETE", each.path == "/v1/domains/{domain}"))
    logging.getLogger("tandem.access").setLevel(logging.WARNING)
    yield Target(operations, things)
    logging.getLogger("tandem.access").setLevel(logging.NOTSET)


def _requests(operation: Any) -> st.SearchStrategy[Any]:
    """Return requests that the description allows, and for half of them such as it does not."""
    from schemathesis.generation import GenerationMode

    allowed: st.SearchStrategy[Any] = operation.as_strategy()
    if operation.path == "/healthz":  # of which nothing can be wrong
        return allowed
    return allowed | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def ask(target: Target, operation: Any, examples: int) -> Counter[int]:
    """Make so many requests of an operation, most about what is there, and return the statuses of the answers."""
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(_requests(operation), st.integers(0, 3))
    def request(case: Any, luck: int) -> None:
        for name in set(case.path_parameters or {}) & set(target.things):
            case.path_parameters[name] = target.things[name] if luck else case.path_parameters[name]
        answer = case.call(headers={"authorization": f"Bearer {KEY}"})
        statuses[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code in MEANT, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}, answer.text

    request()
    return statuses


@pytest.mark.parametrize("examples", [2, pytest.param(200, marks=pytest.mark.nightly)])
def test_no_request_makes_the_server_fail(target: Target, examples: int) -> None:
    statuses = {each.label: ask(target, each, examples) for each in target.operations}

    assert len(statuses) > 40
    asked = sum((each for each in statuses.values()), Counter[int]())
    assert asked[200] > len(statuses) / 4  # they got as far as the work, and were not all turned away
