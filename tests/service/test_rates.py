"""How often callers may call: never more than the limit in any minute, and told truly when to come again."""

from __future__ import annotations

import tracemalloc
from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from light import LightRuntime
from starlette.testclient import TestClient

from service.http import rates
from service.http.app import create_app
from service.http.rates import Rates, caller
from store.keys import create_key
from store.store import Store


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 30), max_size=300), st.integers(1, 20), st.floats(0, 1e6))
def test_no_minute_has_more_than_the_limit_and_a_wait_is_neither_too_short_nor_too_long(
    pauses: list[float], limit: int, start: float
) -> None:
    clock = Clock(start)
    counted, served = Rates(limit, clock), list[float]()
    for pause in pauses:
        clock.now += pause
        wait = counted.wait("a")
        if not wait:
            served.append(clock.now)
            assert len(served) - bisect_left(served, clock.now - 60) <= limit
            continue
        due = served[-limit] + 60  # when the oldest of the minute is a minute ago
        assert due - 1 < clock.now + wait <= due + 2
        before, clock.now = clock.now, clock.now + wait
        later = counted.wait("a")
        assert later == 0
        served.append(clock.now)
        assert clock.now > before


def test_a_burst_and_steady_callers_get_what_the_limit_says() -> None:
    clock = Clock(7.5)
    burst = Rates(100, clock)
    assert sum(burst.wait("a") == 0 for _ in range(1000)) == 100

    steady, served = Rates(60, clock), 0
    for _ in range(6000):  # ten a second, for ten minutes
        clock.now += 0.1
        served += steady.wait("a") == 0
    assert 600 * 0.97 <= served <= 600 + 60


def test_a_million_callers_take_little_memory() -> None:
    tracemalloc.start()
    counted = Rates(10, Clock())
    for number in range(rates._MOST_CALLERS + 30_000):
        counted.wait(f"address {number}")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(counted._callers) == rates._MOST_CALLERS
    assert used < 32 << 20


@pytest.mark.parametrize(
    ("key", "address", "expected"),
    [
        ("crm", "1.2.3.4", "key crm"),
        ("", "1.2.3.4", "address 1.2.3.4"),
        ("", "::ffff:1.2.3.4", "address 1.2.3.4"),
        ("", "2001:db8:0:1:2:3:4:5", "address 2001:db8:0:1::"),
        ("", "fe80::1%eth0", "address fe80::"),
        ("", "testclient", "address testclient"),
    ],
)
def test_callers_are_keys_or_else_addresses_that_they_cannot_choose(key: str, address: str, expected: str) -> None:
    assert caller(key, address) == expected


def _client(store: Store, **service: Any) -> TestClient:
    runtime = LightRuntime(store.folder.root, store, **service)
    return TestClient(create_app(runtime), base_url="http://127.0.0.1")  # type: ignore[arg-type]


def test_who_calls_too_often_is_told_when_to_come_again_and_others_are_served(store: Store) -> None:
    crm, helpdesk = (create_key(store, name, "read")[1] for name in ("crm", "helpdesk"))
    client = _client(store, requests_per_minute=3)

    def ask(key: str, path: str = "/v1/domains") -> Any:
        return client.get(path, headers={"authorization": f"Bearer {key}"})

    assert [ask(crm).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = ask(crm)
    assert set(refused.json()["error"]) == {"message", "type", "param", "code"}
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 55 <= int(refused.headers["retry-after"]) <= 61
    assert ask(helpdesk).status_code == 200
    assert [ask("wrong").status_code for _ in range(4)] == [401, 401, 401, 429]  # keys cannot be tried without end
    assert client.get("/healthz").status_code == 200
    assert ask(helpdesk, "/metrics").status_code == 200


def test_without_the_setting_nobody_is_counted(store: Store) -> None:
    client = _client(store)

    assert {client.get("/v1/domains").status_code for _ in range(50)} == {200}
