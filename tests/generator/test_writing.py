"""When the release's generator is down or too slow passages are quoted, and what is shown early is never taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes import WordReader
from handbook import ASKED, LEAVE, pin

from generator.answer import AbandonedError, Answer, Ending, Piece, Task
from generator.answering import Answerer, Event, Question
from generator.engine import Engine
from generator.failing import BusyError, TooSlowError, WriterError
from store.models import get_model


class Scripted:
    """A generator that writes pieces and then fails, if it is told to."""

    name = "scripted"

    def __init__(self, *pieces: str, failure: Exception | None = None, room: bool = True) -> None:
        self._pieces, self._failure, self._room = pieces, failure, room

    def check_room(self) -> None:
        if not self._room:
            raise BusyError("3 answers wait.", 7)

    def write(self, task: Task) -> Iterator[Piece]:
        assert not task.cancelled()
        yield from (Piece(piece) for piece in self._pieces)
        if self._failure is not None:
            raise self._failure
        yield Piece("", Ending(3, 4))


def _stream(engine: Engine, generator: Scripted, **options: object) -> Iterator[Event]:
    answerer = Answerer(
        engine.retriever, WordReader(), lambda *_: generator, lambda name: get_model(engine.store, name)
    )
    pinned = pin(engine, thresholds={"evidence": 0.0})
    return answerer.stream(pinned, replace(Question(ASKED), **options))  # type: ignore[arg-type]


def _ended(events: list[Event]) -> Answer:
    name, answer = events[-1]
    assert name == "done"
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("failure", [WriterError("It is down."), TooSlowError("It was too slow.")])
@pytest.mark.parametrize("pieces", [(), ("Employees", " receive")])
def test_passages_are_quoted_where_the_generator_fails(
    filled: Engine, failure: WriterError, pieces: tuple[str, ...]
) -> None:
    answer = _ended(list(_stream(filled, Scripted(*pieces, failure=failure))))

    assert (answer.generator, answer.adapter, answer.fallback) == ("extractive", None, failure.message)
    assert answer.citations[0].quote == LEAVE
    assert not answer.abstained


def test_a_measurement_hears_of_the_failure(filled: Engine) -> None:
    with pytest.raises(WriterError, match="It is down"):
        list(_stream(filled, Scripted(failure=WriterError("It is down.")), fall_back=False))


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), AbandonedError("gone")])
def test_other_failures_are_failures(filled: Engine, failure: Exception) -> None:
    with pytest.raises(type(failure)):
        list(_stream(filled, Scripted(failure=failure)))


def test_who_finds_no_room_is_told_before_anything_else(filled: Engine) -> None:
    with pytest.raises(BusyError) as caught:
        next(_stream(filled, Scripted(room=False)))

    assert caught.value.retry_after_s == 7


def test_with_passages_text_is_shown_once_a_citation_of_it_holds(filled: Engine) -> None:
    pieces = ("Employees receive", " 25 days of annual leave", " [1", "].", " Unused days", " expire in May [1].")

    events = list(_stream(filled, Scripted(*pieces)))

    shown = [content for name, content in events if name == "delta"]
    answer = _ended(events)
    assert shown[0] == "Employees receive 25 days of annual leave [1]"
    assert len(shown) > 1
    assert "".join(map(str, shown)) == answer.answer
    assert (answer.generator, answer.fallback) == ("scripted", None)


@pytest.mark.parametrize(
    "pieces", [("Employees receive 52 days [1].",), ("Nobody", " knows."), ("No [9].", " Yes [1].")]
)
def test_what_no_citation_supports_is_never_shown(filled: Engine, pieces: tuple[str, ...]) -> None:
    events = list(_stream(filled, Scripted(*pieces)))

    answer = _ended(events)
    assert answer.abstained
    assert [content for name, content in events if name == "delta"] == [answer.answer]
