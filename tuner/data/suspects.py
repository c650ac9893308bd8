"""What looks wrong in examples, before anything is trained on them: contradictions, unsupported answers, and more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from store.datasets import Example
from store.documents import Document
from store.examples import ChatContent, Content, PreferenceContent, QuestionContent
from store.ids import canonical_json
from tuner.data.anchoring import Texts, plain

LONG = 500  # words of an answer, or signs of Chinese; more are seldom what somebody wants to be answered
_NAMED = 5
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


@dataclass(frozen=True)
class Suspect:
    """Something that looks wrong: a name for programs, a clause that says what, and the names of the examples."""

    kind: str
    said: str
    examples: list[str]

    def __str__(self) -> str:
        names = self.examples
        if len(names) == 1:
            return f"{names[0][:1].upper()}{names[0][1:]} {self.said}."
        shown = ", ".join(names[:_NAMED])
        return f"{len(names)} examples ({shown}{', …' if len(names) > _NAMED else ''}) each {self.said}."


@dataclass(frozen=True)
class Named:
    """An example by the name that a warning gives it: its key, or its place in a file."""

    name: str
    example: Example


Look = Callable[[Sequence[Named], Texts], Iterator[str]]


def suspects(examples: Sequence[Named], texts: Texts) -> list[Suspect]:
    """Return what looks wrong in examples of one data set; those whose text is gone are passed over."""
    known = [each for each in examples if each.example.content is not None]
    found = [(kind, said, list(look(known, texts))) for kind, said, look in _LOOKS]
    return [Suspect(kind, said, names) for kind, said, names in found if names]


def word_count(text: str) -> int:
    """Return the words of a text; each sign of Chinese is one."""
    return sum(1 for _ in _WORD.finditer(text))


def _contradicting(examples: Sequence[Named], texts: Texts) -> Iterator[str]:
    """Yield those that ask what an earlier one asks, about the same documents, and share no answer with it."""
    del texts
    first: dict[str, set[str]] = {}
    for each in examples:
        asked = _asked(each.example)
        if asked is None:
            continue
        answers = {plain(answer) for answer in asked[1]}
        known = first.setdefault(asked[0], answers)
        if known != answers and not known & answers:
            yield each.name


def _asked(example: Example) -> tuple[str, list[str]] | None:
    """Return what an example asks, with all that went before and its documents, and its answers; None for texts."""
    content = example.content
    documents = sorted(example.documents)
    if isinstance(content, QuestionContent):
        return f"{plain(content.question)} {documents}", content.answers
    if isinstance(content, ChatContent):
        turns = [each.model_dump(mode="json") for each in content.messages[:-1]]
        return f"{plain(canonical_json(turns))} {documents}", [content.messages[-1].content]
    return None


def _reversed(examples: Sequence[Named], texts: Texts) -> Iterator[str]:
    """Yield those that prefer what an earlier one rejects, to the same messages."""
    del texts
    rejected: set[str] = set()
    chosen: set[str] = set()
    for each in examples:
        content = each.example.content
        if not isinstance(content, PreferenceContent):
            continue
        prompt = plain(canonical_json([message.model_dump(mode="json") for message in content.messages]))
        good = f"{prompt} {plain(content.chosen)}" if content.chosen is not None else None
        bad = f"{prompt} {plain(content.rejected)}" if content.rejected is not None else None
        if good in rejected or bad in chosen or (good is not None and good == bad):
            yield each.name
        chosen |= {good} if good else set()
        rejected |= {bad} if bad else set()


def _unsupported(examples: Sequence[Named], texts: Texts) -> Iterator[str]:
    """Yield questions none of whose answers stands word for word in a document of theirs that has been read."""
    by_id: dict[str, Document] = {document.id: document for document in texts.documents.values()}
    for each in examples:
        content = each.example.content
        if not isinstance(content, QuestionContent) or not content.answers:
            continue
        named = [texts.plain(by_id[own]) for own in each.example.documents if own in by_id]
        held = [text for text in named if text is not None]
        answers = [plain(answer) for answer in content.answers]
        if held and len(held) == len(each.example.documents) and not any(a in text for a in answers for text in held):
            yield each.name


def _long(examples: Sequence[Named], texts: Texts) -> Iterator[str]:
    """Yield those of which an answer is long."""
    del texts
    for each in examples:
        if any(word_count(answer) > LONG for answer in _targets(each.example.content)):
            yield each.name


def _targets(content: Content | None) -> list[str]:
    """Return the texts that an example would teach to write."""
    if isinstance(content, PreferenceContent):
        return [each for each in (content.chosen, content.rejected) if each is not None]
    asked = content.asked() if isinstance(content, QuestionContent | ChatContent) else None
    return asked[1] if asked else []


_LOOKS: tuple[tuple[str, str, Look], ...] = (
    ("contradicting", "asked the same as an earlier one and answered otherwise", _contradicting),
    ("reversed", "preferred what another one rejects", _reversed),
    ("unsupported", "had no answer that stands word for word in a document that it names", _unsupported),
    ("long", f"had an answer of more than {LONG} words", _long),
)
