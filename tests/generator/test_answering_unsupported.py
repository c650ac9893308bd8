"""What a language model wrote and no passage says is marked or dropped, and never passes as supported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import WordReader
from handbook import ASKED, LEAVE, pin

from generator.answer import Answer, Ending, Piece, Task
from generator.answering import Answerer, Question
from generator.engine import Engine
from store.json_values import Json
from store.models import get_model

INVENTED = "The boss has a yellow car."
DRAFT = f"Employees receive 25 days of annual leave [1]. {INVENTED}"


class _Written:
    """A generator that writes a text, sentence by sentence."""

    name = "written"

    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, _task: Task) -> Iterator[Piece]:
        yield from (Piece(f"{word} ") for word in self._text.split())
        yield Piece("", Ending(3, 4))


def _answer(engine: Engine, text: str, **support: Json) -> tuple[Answer, str]:
    """Return the answer that a model's text becomes, and what was streamed of it."""
    generator = _Written(text)
    answerer = Answerer(
        engine.retriever, WordReader(), lambda *_: generator, lambda name: get_model(engine.store, name)
    )
    changes: dict[str, Json] = {"support": support} if support else {}
    pinned = pin(engine, thresholds={"evidence": 0.0}, **changes)
    events = list(answerer.stream(pinned, Question(ASKED, explain=True)))
    answer = events[-1][1]
    assert isinstance(answer, Answer)
    return answer, "".join(str(content) for name, content in events if name == "delta")


def test_an_unsupported_sentence_is_marked(filled: Engine) -> None:
    answer, streamed = _answer(filled, DRAFT)

    (marked,) = answer.unsupported
    assert answer.answer == streamed == DRAFT
    assert (answer.answer[marked.start : marked.end], marked.text) == (INVENTED, INVENTED)
    assert "no sentence of the passage" in marked.reason


@pytest.mark.parametrize("draft", [DRAFT, f"{INVENTED} {DRAFT}"])
def test_an_unsupported_sentence_is_dropped_if_the_release_says_so(filled: Engine, draft: str) -> None:
    answer, streamed = _answer(filled, draft, unsupported="drop")

    assert answer.answer == streamed == "Employees receive 25 days of annual leave [1]."
    assert answer.unsupported == ()
    dropped = answer.explain["dropped_sentences"]
    assert isinstance(dropped, list)
    assert {each["text"] for each in dropped if isinstance(each, dict)} == {INVENTED}


@pytest.mark.parametrize("draft", ["Employees receive 52 days [1].", INVENTED])
def test_an_answer_without_a_citation_abstains_or_is_quoted(filled: Engine, draft: str) -> None:
    abstained, _ = _answer(filled, draft)
    quoted, streamed = _answer(filled, draft, uncited="quote")

    assert (abstained.abstained, abstained.generator) == (True, "written")
    assert (quoted.abstained, quoted.generator) == (False, "extractive")
    assert (quoted.fallback, quoted.citations[0].quote) == ("no citation of the draft held", LEAVE)
    assert streamed == quoted.answer


def test_a_model_that_says_that_it_finds_nothing_is_not_quoted_instead(filled: Engine) -> None:
    answer, _ = _answer(filled, "The documents do not say.", uncited="quote")

    assert (answer.abstained, answer.fallback) == (True, None)


def test_a_sentence_that_a_passage_says_is_cited_if_the_release_says_so(filled: Engine) -> None:
    draft = "Employees receive 25 days of annual leave."

    without, _ = _answer(filled, draft)
    answer, streamed = _answer(filled, draft, cite=True)

    assert without.abstained
    assert answer.answer == streamed
    assert (answer.abstained, len(answer.citations), LEAVE.startswith(answer.citations[0].quote)) == (False, 1, True)
