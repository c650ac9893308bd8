"""Answering: retrieve, judge the evidence, write or abstain, check the citations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from generator.answer import AbandonedError, Answer, Citation, Draft, Generator, Task, never
from generator.arms import Arm
from generator.backends.table import backend_of
from generator.choosing.across import choose_across
from generator.choosing.choice import Asked, Choice, choose
from generator.choosing.measures import NO_FOLLOW_UP, OwnTerms
from generator.citing.checking import Checked
from generator.evidence import estimate
from generator.explanation import explanation
from generator.followups.followup import FollowUp
from generator.followups.rewriting import Understanding
from generator.followups.smalltalk import reply_to
from generator.keeping import basis_of, kept
from generator.manifest import Manifest
from generator.prompt import Message, Shot, load_prompt
from generator.servable import served_arm
from generator.writing import Written, check_room, rest, shown, written
from retriever.models.encoder import Encoder
from retriever.models.span_reader import Reader, Reading
from retriever.search.filters import Filter
from retriever.search.search import Hit, Request, Result, Retriever
from store.errors import InvalidInputError
from store.models import Model

ShotsOf = Callable[[str, Manifest, str, "Filter | None"], "Sequence[Shot]"]
Event = tuple[str, "str | Sequence[Hit] | Sequence[Citation] | Answer"]


@dataclass(frozen=True)
class Question:
    """A question with how to answer it; `arm` None takes the release's own.

    With `explain` the answer shows what each stage of retrieval found, which costs a little more. Once `cancelled` says
    so nobody wants the answer any more: it is given up between two steps, by `AbandonedError`. With `fall_back`
    passages are quoted where the release's generator is down or too slow; a measurement wants to know it instead.
    """

    question: str
    arm: str | None = None
    top_k: int | None = None
    filters: Filter | None = None
    history: list[Message] = field(default_factory=list)
    min_seq: int = 0
    explain: bool = False
    wait_s: float = 60.0
    cancelled: Callable[[], bool] = never
    fall_back: bool = True


@dataclass(frozen=True)
class Pinned:
    """The release that a request is answered under, from its beginning to its end."""

    domain_id: str
    release: str
    manifest: Manifest


def no_shots(_domain: str, _manifest: Manifest, _question: str, _filters: Filter | None) -> Sequence[Shot]:
    """Return no examples."""
    return ()


class Answerer:
    """Answers questions under a pinned release.

    `generators` returns what writes for a release, and is told how many seconds to wait if another request loads it;
    `shots` returns the examples that a release shows before a question, in its domain and under the request's filter.
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: Reader,
        generators: Callable[[Manifest, float], Generator],
        find_model: Callable[[str], Model],
        understanding: Understanding | None = None,
        shots: ShotsOf = no_shots,
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._generators = generators
        self._find_model = find_model
        self._understanding = understanding or Understanding()
        self._shots = shots

    def serve(self, manifest: Manifest, name: str) -> tuple[Arm, str | None]:
        """Return the arm and the adapter it uses; `ConflictError` names what a release lacks to serve it."""
        return served_arm(manifest, name, self._find_model)

    def answer(self, pinned: Pinned, question: Question, given: Result | None = None) -> Answer:
        """Return the answer, from `given` in place of a search; `ConflictError` if the release lacks the arm."""
        *_, (_, last) = self.stream(pinned, question, given)
        assert isinstance(last, Answer)  # noqa: S101  (what `stream` ends with)
        return last

    def stream(self, pinned: Pinned, question: Question, given: Result | None = None) -> Iterator[Event]:
        """Yield (event, content): `passages`, `delta` (text), `citations`, `done` (the whole `Answer`).

        A language model's text comes as it is written: without passages word by word, with passages as soon as a
        citation of it holds. Raises `BusyError` before the first event if too many answers wait.
        """
        _check_asked(question)
        manifest = pinned.manifest
        name = question.arm or manifest.generation.arm
        arm, adapter = self.serve(manifest, name)
        generator = self._generators(manifest, question.wait_s)
        check_room(generator)
        prompt = load_prompt(manifest.prompt.name, manifest.prompt.sha256)
        clock = _Clock()
        asked = self._understanding.of(question.question, question.history, generator, question.cancelled)
        if asked.courtesy is not None and arm.passages:
            yield from self._courtesy(pinned, question, asked, (name, generator.name))
            return
        found = (given or self._retrieve(pinned, question, asked.search_text)) if arm.passages else None
        clock.lap("retrieval")
        yield "passages", found.hits if found else []
        clock.resume()
        _go_on(question)
        task = Task(question.question, None, prompt, adapter, manifest.generation.max_new_tokens, question.history)
        task = replace(task, searched_for=asked.reading_text, follow_up=asked, cancelled=question.cancelled)
        task, evidence, readings = self._judge(self._with_shots(task, arm, pinned, question), found, manifest)
        basis = basis_of(task, found, readings, manifest)
        clock.lap("reading")
        _go_on(question)
        if evidence is None or evidence >= manifest.thresholds.evidence:
            result = yield from shown(written(generator, task, question.fall_back), basis)
        else:
            result = Written(Draft(prompt.abstention(question.question, arm.passages)), generator.name, adapter)
        draft = result.draft
        clock.lap("generation")
        result, checked = kept(result, task, basis, manifest)
        clock.lap("citations")
        yield from rest(checked.text, result.shown)
        yield "citations", checked.citations
        yield (
            "done",
            Answer(
                answer=checked.text,
                abstained=checked.abstained_for is not None,
                evidence=None if evidence is None else round(evidence, 4),
                citations=checked.citations,
                hits=found.hits if found else [],
                arm=name,
                release=pinned.release,
                index_seq=found.index_seq if found else self._retriever.index(pinned.domain_id).snapshot.seq,
                generator=result.generator,
                adapter=result.adapter,
                prompt_tokens=draft.ending.prompt_tokens,
                completion_tokens=draft.ending.completion_tokens,
                timings_ms=clock.laps,
                explain=explanation(asked, found, question.explain, draft, evidence, manifest, checked),
                fallback=result.fallback,
                unsupported=checked.unsupported,
            ),
        )

    def _courtesy(self, pinned: Pinned, question: Question, asked: FollowUp, by: tuple[str, str]) -> Iterator[Event]:
        """Yield what is said to small talk: it asks nothing of the documents, so nothing is searched or cited."""
        said = reply_to(asked.courtesy or "greeting", question.question)
        arm, generator = by
        manifest = pinned.manifest
        checked = Checked(said, [], {}, f"this is small talk ({asked.courtesy}), so nothing was searched for")
        yield "passages", []
        yield "delta", said
        yield "citations", []
        yield (
            "done",
            Answer(
                answer=said,
                abstained=True,
                evidence=None,
                citations=[],
                hits=[],
                arm=arm,
                release=pinned.release,
                index_seq=self._retriever.index(pinned.domain_id).snapshot.seq,
                generator=generator,
                adapter=None,
                prompt_tokens=0,
                completion_tokens=0,
                timings_ms={},
                explain=explanation(asked, None, question.explain, Draft(said), None, manifest, checked),
            ),
        )

    def _with_shots(self, task: Task, arm: Arm, pinned: Pinned, question: Question) -> Task:
        """Return the task with the examples that the release shows; a backend that quotes needs none."""
        manifest = pinned.manifest
        writes = backend_of(manifest.generation.backend).without_passages
        if not (arm.takes_shots and writes and manifest.shots.count):
            return task
        shots = self._shots(pinned.domain_id, manifest, task.searched_for, question.filters)
        return replace(task, shots=shots, shot_tokens=manifest.shots.tokens)

    def _judge(
        self, task: Task, found: Result | None, manifest: Manifest
    ) -> tuple[Task, float | None, Sequence[Reading]]:
        """Return the task with its passages read, how likely they hold an answer, and the readings.

        That is None without passages.
        """
        if found is None:
            return task, None, ()
        if task.follow_up is not None:
            weights = task.follow_up.weighed(found.term_weights)
            found = replace(found, weigh=lambda: weights)
        read = self._read(manifest, task.searched_for, found)
        choice = self._choose(read, task.searched_for, found, task.follow_up)
        evidence = estimate(choice, found.hits, found.term_weights, manifest.thresholds)
        if evidence < manifest.thresholds.evidence and read.encoder is not None:
            across = choose_across(task.searched_for, found.hits, read.readings, read.encoder)
            if across is not None and across.across is not None and across.across > evidence:
                choice, evidence = across, across.across
        return replace(task, hits=found.hits, choice=choice, term_weights=found.term_weights), evidence, read.readings

    def choose(self, manifest: Manifest, asked: str, found: Result, follow_up: FollowUp | None = None) -> Choice:
        """Return what of the hits answers the question that they were searched for, the likeliest first."""
        return self._choose(self._read(manifest, asked, found), asked, found, follow_up)

    def _read(self, manifest: Manifest, asked: str, found: Result) -> _Read:
        readings = self._reader.read(asked, [hit.passage.content for hit in found.hits])
        legible = any(hit.cosine is not None for hit in found.hits)
        return _Read(readings, self._retriever.encoders.encoder_for(manifest.space_id) if legible else None)

    def _choose(self, read: _Read, asked: str, found: Result, follow_up: FollowUp | None) -> Choice:
        own = NO_FOLLOW_UP
        if follow_up is not None and follow_up.kind != "alone":
            own = OwnTerms(follow_up.own_terms, follow_up.dropped_terms)
        return choose(Asked(asked, found.term_weights, found.unseen, own), found.hits, read.readings, read.encoder)

    def _retrieve(self, pinned: Pinned, question: Question, asked: str) -> Result:
        settings = pinned.manifest.retrieval
        request = Request(
            asked,
            question.top_k or settings.passages,
            settings.mode,
            filters=question.filters,
            min_seq=question.min_seq,
            wait_s=question.wait_s,
        )
        return self._retriever.search(pinned.domain_id, pinned.manifest.search_plan, request)


@dataclass(frozen=True)
class _Read:
    """What the reader made of each hit, and the encoder that knows them, None if it cannot read the question."""

    readings: Sequence[Reading]
    encoder: Encoder | None


class _Clock:
    """Milliseconds between laps, without what the reader of a stream took for itself."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 2)
        self._last = now

    def resume(self) -> None:
        """Begin the next lap now."""
        self._last = time.perf_counter()


def _check_asked(question: Question) -> None:
    if not question.question.strip():
        raise InvalidInputError("The question is empty.", code="empty_question", param="question")


def _go_on(question: Question) -> None:
    if question.cancelled():
        raise AbandonedError("Nobody waits for the answer any more.")
