"""Slips of spelling: the edit distance against its definition."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from retriever.text.spelling import nearly_equal

_QUICK = configured(max_examples=150, deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("depot", "deopt"),  # two letters changed places
        ("harbour", "harbor"),
        ("ticket", "tickett"),
        ("certificate", "certifcate"),
        ("certificate", "certifikatt"),
    ],
)
def test_slips(one: str, other: str) -> None:
    assert nearly_equal(one, other)
    assert nearly_equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boat", "boot"),  # too short
        ("north", "south"),
        ("northgate", "southgate"),  # the first letter is right in a slip
        ("ticket", "tackle"),
        ("px0411", "px0412"),  # digits are right or another code
        ("员工手册说明", "员工手册说法"),
        ("straße", "strasse"),
        ("", ""),
    ],
)
def test_no_slips(one: str, other: str) -> None:
    assert not nearly_equal(one, other)
    assert not nearly_equal(other, one)


def _distance(one: str, other: str) -> int:
    """The definition: insert, leave out, change, or swap two neighbours, no letter touched twice."""

    @cache
    def of(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        ways = [
            of(left - 1, right) + 1,
            of(left, right - 1) + 1,
            of(left - 1, right - 1) + (one[left - 1] != other[right - 1]),
        ]
        if left > 1 and right > 1 and one[left - 2 : left] == other[right - 2 : right][::-1]:
            ways.append(of(left - 2, right - 2) + 1)
        return min(ways)

    return of(len(one), len(other))


_WORD = st.text(alphabet="abc", min_size=4, max_size=10)


@given(_WORD, _WORD)
@example("abcabcabc", "abacbcabc")
@example("abcabcab", "abcba")
@_QUICK
def test_words_are_nearly_equal_if_few_slips_lie_between_them(one: str, other: str) -> None:
    shorter = min(len(one), len(other))
    slips = 0 if shorter < 5 else 1 if shorter < 8 else 2
    expected = shorter >= 5 and one[0] == other[0] and _distance(one, other) <= slips

    assert nearly_equal(one, other) == expected


@given(_WORD, st.integers(1, 9), st.sampled_from("abc"))
@_QUICK
def test_one_changed_letter_after_the_first_is_a_slip_of_a_word_that_is_long_enough(
    word: str, place: int, letter: str
) -> None:
    place %= len(word)
    changed = word[:place] + letter + word[place + 1 :]

    assert nearly_equal(word, changed) == (len(word) >= 5 and word[0] == changed[0])


def test_words_of_a_megabyte_are_compared_at_once() -> None:
    begun = time.process_time()

    assert not nearly_equal("a" * 1_000_000 + "b", "a" * 1_000_001)
    assert time.process_time() - begun < 2
