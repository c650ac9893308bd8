"""Keys as a server holds them: a guess learns nothing from how long it takes, and changes hold soon."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import groupby

import pytest

from service.keyring import Keyring
from store.keys import create_key, revoke_key
from store.store import Store

_API_KEY = secrets.token_urlsafe(32)


@pytest.fixture
def another(store: Store) -> Iterator[Store]:
    """The same data folder, as another process has it."""
    opened = Store.open(store.folder.root)
    yield opened
    opened.close()


def test_a_key_that_another_process_revokes_or_makes_is_seen_within_a_second(store: Store, another: Store) -> None:
    written = create_key(store, "crm", "read")[1].encode()
    keyrings = [Keyring(each, None) for each in (store, another)]
    for keyring in keyrings:
        keyring.start()
        assert keyring.check(written) is not None

    begun = time.monotonic()
    revoke_key(another, "crm")
    later = create_key(another, "helpdesk", "read")[1].encode()
    while any(keyring.check(written) or not keyring.check(later) for keyring in keyrings):
        assert time.monotonic() - begun < 3  # a second, and what a busy machine adds
        time.sleep(0.02)
    for keyring in keyrings:
        keyring.stop()


def test_a_wrong_key_of_any_kind_is_the_same(store: Store) -> None:
    written = create_key(store, "crm", "read")[1]
    keyring = Keyring(store, _API_KEY)

    wrong = [written[:-1], written + "x", written[:-1] + "ä", "", "tdm_", _API_KEY[:-1], "x" * 10_000, "\0"]
    assert [keyring.check(each.encode()) for each in wrong] == [None] * len(wrong)
    assert keyring.check(None) is None
    assert keyring.check(written.encode("latin-1")) is not None


@pytest.mark.parametrize("samples", [200, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_how_long_a_guess_takes_says_nothing_of_how_much_of_it_is_right(store: Store, samples: int) -> None:
    written = create_key(store, "crm", "read")[1]
    head, half = written.rpartition("_")[0], len(written.rpartition("_")[2]) // 2
    keyring = Keyring(store, _API_KEY)
    near = (
        f"{written[:-1]}{'a' if written[-1] != 'a' else 'b'}",
        _API_KEY[:-1] + ("a" if _API_KEY[-1] != "a" else "b"),
    )
    far = (f"{head}_{'x' * 2 * half}"[: len(written)].ljust(len(written), "x"), "x" * len(_API_KEY))

    for one, other in zip(near, far, strict=True):
        compare = [(one.encode(), other.encode())] * 3
        assert any(_alike(_times(keyring.check, *pair, samples), samples) for pair in compare)


def test_the_comparison_of_times_sees_a_difference() -> None:
    """The control: a check that stops at the first wrong sign."""

    def naive(guess: bytes) -> None:
        for one, other in zip(guess, b"a" * 200, strict=True):
            if one != other:
                return

    assert not _alike(_times(naive, b"a" * 199 + b"b", b"b" * 200, 2000), 2000)


def _times(check: Callable[[bytes], object], one: bytes, other: bytes, samples: int) -> tuple[list[int], list[int]]:
    """Return how long each of both takes, in ns, asked in turn and in an order that changes."""
    found: tuple[list[int], list[int]] = ([], [])
    for number in range(samples):
        for place in ((0, 1), (1, 0))[number % 2]:
            guess = (one, other)[place]
            begun = time.perf_counter_ns()
            check(guess)
            found[place].append(time.perf_counter_ns() - begun)
    return found


def _alike(times: tuple[list[int], list[int]], samples: int) -> bool:
    """Return whether two samples do not differ: by the test of Mann and Whitney, or by too little to be of use."""
    del samples
    one, other = times
    merged = sorted([(each, 0) for each in one] + [(each, 1) for each in other])
    ranks, begin, ties = 0.0, 1, 0
    for _, group in groupby(merged, key=lambda each: each[0]):
        same = [side for _, side in group]
        ranks += (begin + (len(same) - 1) / 2) * same.count(0)
        begin, ties = begin + len(same), ties + len(same) ** 3 - len(same)
    n, m = len(one), len(other)
    u, total = ranks - n * (n + 1) / 2, n + m
    deviation = math.sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))))
    p = math.erfc(abs(u - n * m / 2) / max(deviation, 1e-9) / math.sqrt(2))
    middle = sorted(one)[n // 2] - sorted(other)[m // 2]
    spread = sorted(one + other)
    usual = spread[len(spread) * 84 // 100] - spread[len(spread) * 16 // 100]  # two deviations, without the outliers
    return p > 0.01 or abs(middle) < 0.02 * usual
