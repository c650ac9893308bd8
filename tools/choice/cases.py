"""Cases: questions with every window of their hits measured, and which of them answer rightly; kept as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from generator.answering import Pinned
from generator.choosing.choice import Asked, Choice, choose
from generator.choosing.measures import OwnTerms
from generator.choosing.wording import word
from generator.choosing.words import Words
from generator.engine import Engine
from generator.evidence import features
from generator.followups.followup import FollowUp, follow_up
from generator.prompt import Message
from retriever.search.search import Hit, Request, Result

_COMPARED = 24  # windows whose cosine is known, and that are kept


@dataclass(frozen=True)
class Asking:
    """A question with what makes an answer right: it holds one of `answers` and none of `wrong`; none if it has none.

    `cluster` is the document that it is about: questions about one document are never on both sides of a fit.
    """

    question: str
    answers: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    history: tuple[Message, ...] = ()
    cluster: str = ""
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """The windows of a question, each with its measures and whether it answers, and the features of its passages."""

    source: str
    cluster: str
    answerable: bool
    windows: list[dict[str, float]]
    right: list[bool]
    passages: dict[str, float]


def cases(engine: Engine, pinned: Pinned, source: str, askings: Sequence[Asking], *, emptied: bool) -> Iterator[Case]:
    """Yield a case for each question; with `emptied` one more for its hits without the documents that answer it."""
    for asking in askings:
        understood = follow_up(asking.question, asking.history)
        if understood.kind == "small_talk":
            continue
        size = pinned.manifest.retrieval.passages
        request = Request(understood.search_text, 30 if emptied else size)
        found = engine.retriever.search(pinned.domain_id, pinned.manifest.search_plan, request)
        yield _case(engine, source, asking, understood, found.hits[:size], found)
        if emptied:
            left = [
                hit
                for hit in found.hits
                if hit.passage.external_id not in asking.documents and not _holds(asking.answers, hit.passage.content)
            ]
            unanswered = Asking(asking.question, (), cluster=asking.cluster)
            yield _case(engine, source, unanswered, understood, left[:size], found)


def _case(
    engine: Engine, source: str, asking: Asking, understood: FollowUp, shown: Sequence[Hit], found: Result
) -> Case:
    own = OwnTerms() if understood.kind == "alone" else OwnTerms(understood.own_terms, understood.dropped_terms)
    text = understood.reading_text
    readings = engine.reader.read(text, [hit.passage.content for hit in shown])
    asked = Asked(text, found.term_weights, found.unseen, own)
    choice = choose(asked, shown, readings, engine.retriever.encoder, compared=_COMPARED)
    words = Words(found.term_weights)
    windows, right = [], []
    for each in choice.ranked[:_COMPARED]:
        said = word(each, shown, text, words).text
        windows.append(each.measures.by_name())
        right.append(_holds(asking.answers, said) and not _holds(asking.wrong, said))
    measured = features(Choice(choice.ranked, choice.unnamed), shown, found.term_weights)
    return Case(source, asking.cluster, bool(asking.answers), windows, right, measured)


def write_cases(path: Path, found: Iterator[Case]) -> int:
    """Append cases to a file and return how many."""
    count = 0
    with path.open("a", encoding="utf-8") as lines:
        for case in found:
            lines.write(json.dumps(asdict(case)) + "\n")
            lines.flush()
            count += 1
    return count


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file."""
    return [Case(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _holds(answers: Sequence[str], text: str) -> bool:
    folded = " ".join(text.casefold().split())
    return any(" ".join(answer.casefold().split()) in folded for answer in answers if answer.strip())
