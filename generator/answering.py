"""Answering: retrieve, estimate the evidence, abstain or generate, check the citations.

A release serves the arms (`generator.arms`) that its backend and adapter allow; any other is refused by name, never
replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from generator.answer import AbandonedError, Answer, Citation, Draft, Generator, Task, never
from generator.arms import SERVED, Arm
from generator.citing.citations import check_citations, quoted_citations
from generator.citing.markers import MARKER
from generator.evidence import estimate
from generator.followup import search_text
from generator.manifest import Manifest
from generator.prompt import Message, Prompt, load_prompt
from retriever.models.span_reader import Reader
from retriever.search.filters import Filter
from retriever.search.search import Request, Result, Retriever
from store.errors import ConflictError, InvalidInputError
from store.models import Model


@dataclass(frozen=True)
class Question:
    """A question with how to answer it; `arm` None takes the release's own.

    With `explain` the answer shows what each stage of retrieval found, which costs a little more. Once `cancelled` says
    so nobody wants the answer any more: it is given up between two steps, by `AbandonedError`.
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


@dataclass(frozen=True)
class Pinned:
    """The release that a request is answered under, from its beginning to its end."""

    domain_id: str
    release: str
    manifest: Manifest


class Answerer:
    """Answers questions under a pinned release."""

    def __init__(
        self,
        retriever: Retriever,
        reader: Reader,
        generators: Callable[[Manifest], Generator],
        find_model: Callable[[str], Model],
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._generators = generators
        self._find_model = find_model

    def answer(self, pinned: Pinned, question: Question) -> Answer:
        """Return the answer. Raises `ConflictError` if the release cannot serve the arm."""
        *_, (_, last) = self.stream(pinned, question)
        assert isinstance(last, Answer)  # noqa: S101  (what `stream` ends with)
        return last

    def stream(self, pinned: Pinned, question: Question) -> Iterator[tuple[str, Any]]:
        """Yield (event, content): `passages`, `delta` (text), `citations`, `done` (the whole `Answer`)."""
        if not question.question.strip():
            raise InvalidInputError("The question is empty.", code="empty_question", param="question")
        manifest = pinned.manifest
        name = question.arm or manifest.generation.arm
        arm, adapter = self.serve(manifest, name)
        generator = self._generators(manifest)
        prompt = load_prompt(manifest.prompt.name, manifest.prompt.sha256)
        clock = _Clock()
        asked = search_text(question.question, question.history)
        found = self._retrieve(pinned, question, asked) if arm.passages else None
        clock.lap("retrieval")
        yield "passages", found.hits if found else []
        clock.resume()
        _go_on(question)
        readings = self._reader.read(asked, [hit.passage.text for hit in found.hits]) if found else []
        evidence = estimate(found.hits, readings, found.term_weights, manifest.thresholds) if found else None
        clock.lap("reading")
        task = Task(
            question=question.question,
            hits=found.hits if found else None,
            prompt=prompt,
            adapter=adapter,
            max_new_tokens=manifest.generation.max_new_tokens,
            history=question.history,
            readings=readings,
            term_weights=found.term_weights if found else {},
            searched_for=asked,
            cancelled=question.cancelled,
        )
        _go_on(question)
        enough = evidence is None or evidence >= manifest.thresholds.evidence
        draft = generator.write(task) if enough else Draft(prompt.abstention(question.question, arm.passages))
        clock.lap("generation")
        checked = _checked(draft, found, question.question, prompt)
        text, citations = checked.text, checked.citations
        clock.lap("citations")
        yield "delta", text
        yield "citations", citations
        yield (
            "done",
            Answer(
                answer=text,
                abstained=checked.abstained_for is not None,
                evidence=None if evidence is None else round(evidence, 4),
                citations=citations,
                hits=found.hits if found else [],
                arm=name,
                release=pinned.release,
                index_seq=found.index_seq if found else self._retriever.index(pinned.domain_id).snapshot.seq,
                generator=generator.name,
                adapter=adapter,
                prompt_tokens=draft.prompt_tokens,
                completion_tokens=draft.completion_tokens,
                timings_ms=clock.laps,
                explain=_explain(asked, question, found, draft, evidence, manifest, checked),
            ),
        )

    def serve(self, manifest: Manifest, name: str) -> tuple[Arm, str | None]:
        """Return the arm and the adapter it uses; `ConflictError` names what a release lacks to serve it."""
        if name not in SERVED:
            raise InvalidInputError(f"There is no arm {name!r}; choose one of {', '.join(SERVED)}.", param="arm")
        arm = SERVED[name]
        if not arm.passages and manifest.generation.backend == "extractive":
            raise _unavailable(name, "a language model; this release quotes passages", _MODEL_WAY)
        if arm.trained is None:
            return arm, None
        if manifest.adapter is None:
            raise _unavailable(
                name, f"an adapter trained {arm.trained}; this release has none", _ADAPTER_WAY.format(arm.trained)
            )
        model = self._find_model(manifest.adapter)
        trained = model.lineage.trained
        if model.base != manifest.base_model:
            raise _unavailable(
                name, f"the base model {model.base} of its adapter; this release has {manifest.base_model}"
            )
        if trained != arm.trained:
            raise _unavailable(name, f"an adapter trained {arm.trained}; that of this release was trained {trained}")
        prompt = model.lineage.prompt or manifest.prompt
        if prompt != manifest.prompt:
            missing = f"the prompt {prompt.name} of its adapter; this release has {manifest.prompt.name}"
            raise _unavailable(name, f"{missing} (prompt.name={prompt.name} makes one that fits)")
        return arm, manifest.adapter

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


def _go_on(question: Question) -> None:
    if question.cancelled():
        raise AbandonedError("Nobody waits for the answer any more.")


_MODEL_WAY = (
    " Set generator.base_model, restart, `tandem release create -d DOMAIN generation.backend=transformers`, and promote"
    " that release."
)
_ADAPTER_WAY = " Train one: `tandem tune generator --dataset NAME -d DOMAIN --trained {}`."


def _unavailable(arm: str, missing: str, way: str = "") -> ConflictError:
    return ConflictError(f"The arm {arm!r} needs {missing}.{way}", code="arm_unavailable", param="arm")


@dataclass(frozen=True)
class _Checked:
    """A draft after its check: what is served, the markers that did not hold with why, and why nothing is answered."""

    text: str
    citations: list[Citation]
    dropped: dict[str, str]
    abstained_for: str | None


def _checked(draft: Draft, found: Result | None, question: str, prompt: Prompt) -> _Checked:
    """Check a draft. With passages, an answer of which no citation is left is not served: it is the abstention."""
    dropped: dict[str, str] = {}
    if found is not None and draft.quotes is not None:
        return _Checked(draft.text, quoted_citations(draft.quotes, found.hits), dropped, None)
    abstention = prompt.abstention(question, with_passages=found is not None)
    if found is None:
        text = MARKER.sub("", draft.text).strip()
        reason = "the generator found no answer" if not text or prompt.is_abstention(text) else None
        return _Checked(text or abstention, [], dropped, reason)
    text, citations = check_citations(draft.text, found.hits, dropped)
    if not text or prompt.is_abstention(text):
        return _Checked(abstention, [], dropped, "the generator found no answer")
    if not citations:
        return _Checked(abstention, [], dropped, "no citation of the draft held")
    return _Checked(text, citations, dropped, None)


def _explain(
    asked: str,
    question: Question,
    found: Result | None,
    draft: Draft,
    evidence: float | None,
    manifest: Manifest,
    checked: _Checked,
) -> dict[str, Any]:
    threshold = manifest.thresholds.evidence
    below = evidence is not None and evidence < threshold
    return {
        "searched_for": asked if found else None,
        "retrieval": found.stages if found and question.explain else None,
        "term_weights": found.term_weights if found else None,
        "evidence": {"estimate": evidence, "threshold": threshold},
        "prompt": draft.messages,
        "chat_template": draft.chat,
        "draft": draft.text,
        "span": draft.span,
        "dropped_citations": [{"marker": marker, "reason": reason} for marker, reason in checked.dropped.items()],
        "abstained_for": "the evidence estimate is below the threshold" if below else checked.abstained_for,
    }
