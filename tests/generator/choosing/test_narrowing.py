"""Narrowing: the sentence that plainly answers, with the one that it refers to, and never more than the window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from small_documents import hits_of, reading_of, words_of

from generator.choosing.measures import Measured, PassageMarks, measured
from generator.choosing.narrowing import narrowed
from generator.choosing.windows import layout_of
from retriever.search.search import Hit

_OFFICE = "The office is in Mill Lane. It opens at nine. Dogs wait outside.\n"
_LEAVE = "员工享有十五天年假。逾期作废。病假须有证明。\n"


def _window(hit: Hit, question: str, likely: dict[str, float]) -> Measured:
    reading = reading_of(hit.passage.content, likely)
    (found,) = measured(question, [hit], [reading], words_of(question), [PassageMarks()])
    return found


def _narrowed(text: str, question: str, likely: dict[str, float]) -> str:
    (hit,) = hits_of(text)
    found = narrowed(
        _window(hit, question, likely), hit.passage.content, reading_of(hit.passage.content, likely), words_of(question)
    )
    return found.window.text


@pytest.mark.parametrize(
    ("text", "question", "likely", "expected"),
    [
        (_OFFICE, "Where do dogs stay?", {"outside": 6.0}, "Dogs wait outside."),
        (_OFFICE, "When can I come?", {"nine": 6.0}, "The office is in Mill Lane. It opens at nine."),
        (_OFFICE, "Where is it?", {"Mill": 6.0, "Lane": 6.0}, "The office is in Mill Lane."),
        (_LEAVE, "要带什么？", {"病假须有证明": 6.0}, "病假须有证明。"),
        (_LEAVE, "如何处理？", {"逾期作废": 6.0}, "员工享有十五天年假。逾期作废。"),
    ],
)
def test_the_sentence_that_the_reader_likes_is_kept_with_what_it_refers_to(
    text: str, question: str, likely: dict[str, float], expected: str
) -> None:
    assert _narrowed(text, question, likely) == expected


def test_a_window_stays_where_two_sentences_are_liked_or_another_one_holds_a_word_of_the_question() -> None:
    whole = _OFFICE.strip()

    assert _narrowed(_OFFICE, "What do I know?", {"nine": 6.0, "outside": 5.0}) == whole
    assert _narrowed(_OFFICE, "What do I know?", {"nine": 6.0}) == "The office is in Mill Lane. It opens at nine."
    assert _narrowed(_OFFICE, "When does the office open?", {"nine": 6.0}) == whole
    assert _narrowed("The office opens at nine.\n", "When?", {"office": 6.0}) == "The office opens at nine."


def test_the_span_of_a_narrowed_window_is_its_own() -> None:
    (hit,) = hits_of("The office is blue. Dogs wait outside.\n")
    reading = reading_of(hit.passage.content, {"office": 24.0})
    reading.ends[-2] = 14.0  # "outside" ends an answer, but hardly begins one
    (chosen,) = measured("What?", [hit], [reading], words_of("office"), [PassageMarks()])
    content = hit.passage.content

    found = narrowed(chosen, content, reading, words_of("office"))

    assert content[chosen.span.start : chosen.span.end] == "office is blue. Dogs wait outside"
    assert (found.window.text, content[found.span.start : found.span.end]) == ("The office is blue.", "office")


_SENTENCES = st.lists(
    st.sampled_from(["Dogs wait.", "It opens at nine.", "The office is blue.", "其余免费。", "九点开门。"]),
    min_size=1,
    max_size=5,
)


@given(_SENTENCES, st.sampled_from(["When does the office open?", "九点做什么？", "Why?"]), st.data())
@configured(max_examples=100, deadline=None, database=None, derandomize=True)
def test_a_narrowed_window_is_a_part_of_the_window_with_the_sentence_that_is_liked_best(
    sentences: list[str], question: str, data: st.DataObject
) -> None:
    (hit,) = hits_of(" ".join(sentences) + "\n")
    content = hit.passage.content
    words = ["Dogs", "opens", "nine", "office", "blue", "其余免费", "九点开门"]
    likely = {word: float(data.draw(st.integers(-8, 12), word)) for word in words}
    reading = reading_of(content, likely)
    for chosen in measured(question, [hit], [reading], words_of(question), [PassageMarks()]):
        window = narrowed(chosen, content, reading, words_of(question)).window

        scores = {
            each: span.score
            for each in chosen.window.statements
            if (span := reading.best(each.shown_start, each.shown_end))
        }
        assert chosen.window.first <= window.first <= window.last <= chosen.window.last
        assert window.text in chosen.window.text
        assert max(scores.values()) in [scores[each] for each in window.statements]
        assert window.statements == layout_of(hit.passage).statements[window.first : window.last + 1]
