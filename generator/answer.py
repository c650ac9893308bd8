"""What a generator is asked, what it drafts, and the answer that is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from generator.choosing.choice import NOTHING, Choice
from generator.followups.followup import FollowUp
from generator.prompt import Message, Prompt, Shot
from retriever.search.search import Hit
from store.errors import NotReadyError
from store.json_values import Json
from store.layout import Box, ContextSpan, Source


class AbandonedError(NotReadyError):
    """The answer was given up since nobody waits for it any more."""

    code = "abandoned"


def never() -> bool:
    """Return that the answer is still wanted."""
    return False


@dataclass(frozen=True)
class Task:
    """A question to answer: from `hits` and the `choice` among them, or with `hits` None from what the model knows.

    `searched_for` is the question as it would be asked alone, where that is another text, and `follow_up` says what of
    it comes from the conversation; `shots` are examples to show, which may take `shot_tokens`. Between two pieces it is
    asked whether the answer is still wanted; a generator whose pieces take long asks `cancelled` at each step, too, and
    stops with `AbandonedError`.
    """

    question: str
    hits: Sequence[Hit] | None
    prompt: Prompt
    adapter: str | None
    max_new_tokens: int
    history: Sequence[Message] = ()
    choice: Choice = NOTHING
    term_weights: dict[str, float] = field(default_factory=dict)
    searched_for: str = ""
    follow_up: FollowUp | None = None
    shots: Sequence[Shot] = ()
    shot_tokens: int = 0
    cancelled: Callable[[], bool] = never


@dataclass(frozen=True)
class Quote:
    """What a generator quotes: characters `[start, end)` of the text of the passage `hits[hit]`."""

    hit: int
    start: int
    end: int


@dataclass(frozen=True)
class Ending:
    """What a generator knows once it has written; `messages` is the prompt it was given, if any.

    `span` is the answer proper within a quoted sentence, where the generator knows it. A generator that quotes gives
    its `quotes`, one for each marker and in their order: then nothing in the text is taken for a marker.
    `chat` says how the model's chat template was used, `shots` names the examples in the prompt, `left_out` what of
    passages, examples and conversation had no room in it.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    messages: list[Message] | None = None
    span: str | None = None
    quotes: Sequence[Quote] | None = None
    chat: str | None = None
    shots: Sequence[str] = ()
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class Piece:
    """A piece of a draft: text that follows what came before. The last piece, and no other, has the ending."""

    text: str
    ending: Ending | None = None


@dataclass(frozen=True)
class Draft:
    """All that a generator wrote, with its unchecked markers `[n]`, and its ending."""

    text: str
    ending: Ending = Ending()


class Generator(Protocol):
    """Writes a draft of an answer, piece by piece. The one extension point of this package."""

    name: str

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the draft in pieces as they are written; the last one has the ending.

        Raises `WriterError` where the next try may do better, and `BusyError` if too many wait.
        """
        ...


@runtime_checkable
class Bounded(Protocol):
    """A generator for which only so many answers may wait."""

    def check_room(self) -> None:
        """Raise `BusyError` if no more answers may wait."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A generator that holds what has to be given back: connections, a thread."""

    def close(self) -> None:
        """Give it back; answers that are being written are given up."""
        ...


def draft_of(pieces: Iterable[Piece], cancelled: Callable[[], bool] = never) -> Draft:
    """Return the draft that the pieces make; `AbandonedError` as soon as it is not wanted any more."""
    text, ending = "", None
    for piece in pieces:
        if cancelled():
            raise AbandonedError("Nobody waits for the answer any more.")
        text, ending = text + piece.text, piece.ending
    if ending is None:
        raise ValueError("a draft without an ending")
    return Draft(text, ending)


@dataclass(frozen=True)
class Citation:
    """A checked citation: `quote` is `[start, end)` of that version's text and supports what precedes `marker`.

    `context` are further spans of that text, without which the quote would not be understood. `source` says whether it
    was read or recognised in a picture, `boxes` where on its pages the passage stands.
    """

    marker: str
    document_id: str
    external_id: str
    title: str
    version: int
    passage_id: str
    start: int
    end: int
    page: int | None
    quote: str
    score: float
    context: tuple[ContextSpan, ...] = ()
    source: Source = "text"
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Unsupported:
    """A sentence that no passage says, with why: `text` is `[start, end)` of the answer."""

    start: int
    end: int
    text: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """An answer with what it rests on: release, index, generator and adapter.

    `fallback` says why another generator than the release's wrote it, if one did. `unsupported` are the sentences of a
    written answer that no passage says.
    """

    answer: str
    abstained: bool
    evidence: float | None
    citations: list[Citation]
    hits: list[Hit]
    arm: str
    release: str
    index_seq: int
    generator: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    timings_ms: dict[str, float]
    explain: dict[str, Json]
    fallback: str | None = None
    unsupported: Sequence[Unsupported] = ()
