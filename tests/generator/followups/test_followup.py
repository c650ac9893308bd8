"""Follow-up questions: what is taken from the conversation, and what is not, in both languages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.followups.followup import follow_up, rewritten
from generator.prompt import Message

_DIALOGS = [
    json.loads(line) for line in (Path(__file__).parent / "dialogs.jsonl").read_text(encoding="utf-8").splitlines()
]


def _turns(*said: str) -> list[Message]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(said)]


@pytest.mark.parametrize("dialog", _DIALOGS, ids=lambda dialog: dialog["question"])
def test_a_question_is_understood_in_its_conversation(dialog: dict[str, Any]) -> None:
    found = follow_up(dialog["question"], _turns(*dialog["history"]))

    shown = found.reading_text.casefold()
    assert found.kind == dialog["kind"]
    assert [text for text in dialog["has"] if text.casefold() not in shown] == []
    assert [text for text in dialog["lacks"] if text.casefold() in shown] == []


def test_what_is_its_own_what_is_carried_and_what_is_dropped_are_kept_apart() -> None:
    found = follow_up("And at Westgate?", _turns("Can I park at Eastgate overnight?", "Yes, on level two."))

    assert found.own_terms == {"westgat"}
    assert found.carried_terms == {"park", "overnight"}
    assert found.dropped_terms == {"eastgat"}
    assert found.search_text == "Can I park at Westgate overnight?"


def test_what_is_its_own_weighs_twice_what_it_carries() -> None:
    weights = {"park": 1.5, "westgat": 2.5}
    history = _turns("Can I park at Eastgate overnight?", "Yes, on level two.")

    assert follow_up("And at Westgate?", history).weighed(weights) == {"park": 1.5, "westgat": 5.0}
    assert follow_up("Can I park at Westgate?", []).weighed(weights) == weights


def test_words_that_only_point_are_not_asked_for() -> None:
    history = _turns("How long does the probation at Norling last?", "Six months.")

    assert follow_up("How much notice do I give in that time?", history).own_terms == {"give", "notic"}
    assert follow_up("What then?", history).carried_terms >= {"probat", "norl"}


@pytest.mark.parametrize("question", ["How much does it cost?", "它多少钱？", "And for dogs?"])
def test_without_a_history_every_question_is_taken_as_it_is(question: str) -> None:
    found = follow_up(question, [])

    assert (found.kind, found.search_text, found.carried_terms) == ("alone", question, frozenset())


def test_what_the_assistant_said_is_no_question() -> None:
    history: list[Message] = [{"role": "assistant", "content": "How much is a single ferry ticket?"}]

    assert follow_up("How much does it cost?", history).kind == "alone"


def test_the_newest_subject_is_the_one_that_is_meant() -> None:
    history = _turns("How much is a single ferry ticket?", "12.", "When does the office open on Mondays?", "At nine.")

    assert follow_up("What about Sundays?", history).reading_text == "When does the office open on Sundays?"


def test_small_talk_is_told_and_leaves_the_subject_as_it_was() -> None:
    history = _turns("How much is the ferry to Vik?", "12 crowns.", "thank you!", "You are welcome.")

    assert follow_up("Thanks!", history).courtesy == "thanks"
    assert follow_up("And to Holm?", history).reading_text == "How much is the ferry to Holm?"


def test_a_question_written_out_by_a_model_keeps_what_is_its_own() -> None:
    rule = follow_up("And at Westgate?", _turns("Can I park at Eastgate overnight?", "Yes."))

    found = rewritten(rule, "Is overnight parking allowed at Westgate?")

    assert (found.by, found.search_text) == ("model", "Is overnight parking allowed at Westgate?")
    assert found.own_terms == {"westgat"}
    assert found.carried_terms == {"overnight", "park", "allow"}


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=6))
def test_any_conversation_is_understood(question: str, said: list[str]) -> None:
    found = follow_up(question, _turns(*said))

    assert found.own_terms.isdisjoint(found.carried_terms)
    assert found.own_terms.isdisjoint(found.dropped_terms)
    assert (found.kind == "small_talk") == (found.courtesy is not None)
    if not said:
        assert found.kind in ("alone", "small_talk")


@pytest.mark.parametrize(
    "question",
    ["it " * 700, "和" * 5000, "那" * 100_000, "is it cost " * 9000, "the one 1x1x1x" * 9000, "嗯" * 199 + "x"],
)
@pytest.mark.parametrize("before", ["How long is 1 one?", "1x1x1 " * 9000, "年" * 100_000])
def test_hostile_text_takes_no_time(question: str, before: str) -> None:
    begun = time.process_time()

    follow_up(question, _turns(before, "the " * 50_000))

    assert time.process_time() - begun < 2
