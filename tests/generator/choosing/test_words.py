"""The words of a question and the share of them that a text holds: worked by hand."""

from __future__ import annotations

import time

from generator.choosing.words import Words, union


def test_a_share_is_that_of_the_weights() -> None:
    words = Words({"season": 3.0, "ticket": 1.0})

    assert words.share(frozenset({"season"})) == 0.75
    assert words.share(frozenset({"season", "ticket", "other"})) == 1.0
    assert words.share(frozenset()) == 0.0
    assert Words({}).share(frozenset({"season"})) == 0.0


def test_words_are_held_by_their_stems_and_by_pairs_of_characters() -> None:
    assert Words({"ticket": 1.0, "season": 1.0}).held("Two tickets, please.") == {"ticket"}
    assert Words({"年假": 1.0, "病假": 1.0}).held("员工享有带薪年假。") == {"年假"}
    assert Words({"ticket": 1.0}).held("") == frozenset()


def test_a_word_with_a_slip_is_held_and_another_word_is_not() -> None:
    asked = Words({"librari": 1.0, "boat": 1.0, "年假": 1.0})

    assert asked.held("The libary lends boots.") == {"librari"}  # four letters are too few to be misspelt
    assert asked.held("年级") == frozenset()


def test_words_of_a_megabyte_are_compared_at_once() -> None:
    begun = time.process_time()

    assert Words({"a" * 1000: 1.0}).held("a" * 1_000_000) == frozenset()
    assert time.process_time() - begun < 2


def test_a_union_is_of_all_parts() -> None:
    assert union([frozenset({"a"}), frozenset({"b", "a"})]) == {"a", "b"}
    assert union([]) == frozenset()
