"""Opposites: which word of a question a statement says the opposite of, and when that is an answer all the same."""

from __future__ import annotations

import pytest
from small_documents import hits_of, reading_of, words_of

from generator.choosing.choice import Asked, choose
from generator.choosing.opposites import opposite_said


@pytest.mark.parametrize(
    ("question", "said", "word"),
    [
        ("When does the depot close?", "The depot opens at 07:00.", "close"),
        ("When does the depot open?", "The depot closes at 19:00.", "open"),
        ("When does the shift end?", "The shift starts at six.", "end"),
        ("What is the maximum load?", "The minimum load is 40 kg.", "maximum"),
        ("What is the latest arrival?", "The earliest is at noon.", "latest"),
        ("仓库几点关门？", "仓库七点开门。", "关门"),
        ("最少要订几份？", "最多订二十份。", "最少"),
    ],
)
def test_the_word_is_named_whose_opposite_alone_is_said(question: str, said: str, word: str) -> None:
    assert opposite_said(question, said, "") == word


@pytest.mark.parametrize(
    ("question", "said", "context"),
    [
        ("When does the depot close?", "The depot closes at 19:00.", ""),
        ("When does the depot close?", "It opens at 07:00 and closes at 19:00.", ""),
        ("When does the depot close?", "Open from 9:00 to 17:00.", ""),
        ("仓库几点关门？", "开放时间：9:00–17:00", ""),
        ("When does the depot close?", "At 19:00; it opens again at night.", "When we close"),
        ("When does it open, and when does it close?", "It opens at 7.", ""),
        ("Who keeps the key?", "The depot opens at 07:00.", ""),
    ],
)
def test_nothing_is_named_where_both_are_said_or_meant_or_a_range_is_given(
    question: str, said: str, context: str
) -> None:
    assert opposite_said(question, said, context) is None


def test_a_choice_names_it_as_what_no_passage_says() -> None:
    hits = hits_of("The depot opens at 07:00.\n", "North depot")
    asked = Asked("When does the depot close?", words_of("When does the depot close?").weights)

    choice = choose(asked, hits, [reading_of(hits[0].passage.content)], None)

    assert choice.unnamed == ("close",)
    assert choice.unknown == ()
