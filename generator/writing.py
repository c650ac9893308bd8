"""Writing a draft: by the release's generator, or in its place by quoting, if it is down or too slow."""

from __future__ import annotations

from collections.abc import Generator as Steps
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from generator.answer import AbandonedError, Bounded, Draft, Ending, Generator, Task, draft_of
from generator.backends.table import QUOTING, quoting
from generator.citing.checking import Basis, settled_text
from generator.failing import WriterError

Shown = tuple[Literal["delta"], str]


@dataclass(frozen=True)
class Written:
    """A draft, the name of what wrote it, with which adapter, and why that was not the release's generator.

    `shown` is what of it was shown while it was written.
    """

    draft: Draft
    generator: str
    adapter: str | None
    fallback: str | None = None
    shown: str = ""


def check_room(generator: Generator) -> None:
    """Raise `BusyError` if too many answers wait for this generator."""
    if isinstance(generator, Bounded):
        generator.check_room()


def written(generator: Generator, task: Task, fall_back: bool) -> Steps[str, None, Written]:
    """Yield the text of a draft as it is written, and return the draft.

    With `fall_back` a failure of the generator is no failure of the answer: what the passages say is quoted instead.
    Raises `WriterError` otherwise, and where there are no passages.
    """
    text, ending = "", Ending()
    try:
        for piece in generator.write(task):
            if task.cancelled():
                raise AbandonedError("Nobody waits for the answer any more.")
            text, ending = text + piece.text, piece.ending or ending
            if piece.text:
                yield piece.text
    except WriterError as error:
        if not fall_back or task.hits is None:
            raise
        return Written(_quote(task), QUOTING, None, error.message)
    return Written(Draft(text, ending), generator.name, task.adapter)


def quoted(result: Written, task: Task, reason: str) -> Written:
    """Return what the passages say, quoted in the place of what was written, and why."""
    return replace(result, draft=_quote(task), generator=QUOTING, adapter=None, fallback=reason)


def shown(pieces: Steps[str, None, Written], basis: Basis) -> Steps[Shown, None, Written]:
    """Yield what of a draft holds, as events, while it is written; return the draft."""
    text, said = "", ""
    while True:
        try:
            text += next(pieces)
        except StopIteration as end:
            result: Written = end.value
            return replace(result, shown=said)
        holds = settled_text(text, basis)
        yield from rest(holds, said)
        said = holds if holds.startswith(said) else said


def rest(text: str, said: str) -> Iterator[Shown]:
    """Yield, as an event, what of a text follows what was said; nothing if it does not begin with that."""
    if text.startswith(said) and text != said:
        yield "delta", text[len(said) :]


def _quote(task: Task) -> Draft:
    return draft_of(quoting().write(task), task.cancelled)
