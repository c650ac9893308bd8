"""Checking a draft: what of it is served, with which citations, and when nothing of it is."""

from __future__ import annotations

from dataclasses import dataclass

from generator.answer import Citation, Draft
from generator.citing.citations import check_citations, quoted_citations
from generator.citing.markers import MARKER
from generator.prompt import Prompt
from retriever.search.search import Result


@dataclass(frozen=True)
class Checked:
    """A draft after its check: what is served, the markers that did not hold with why, and why nothing is answered."""

    text: str
    citations: list[Citation]
    dropped: dict[str, str]
    abstained_for: str | None


def settled_text(draft: str, found: Result | None, question: str, prompt: Prompt) -> str:
    """Return what of a draft that is still being written can be shown: the beginning of what `check_draft` will keep.

    With passages that is all up to its last marker, once a citation holds: before, it may still become an abstention.
    """
    if found is None:
        opened = max(draft.rfind(bracket) for bracket in "[【［")
        closed = max(draft.rfind(bracket) for bracket in "]】］")
        return MARKER.sub("", draft[:opened] if opened > closed else draft).strip()
    last = max((match.end() for match in MARKER.finditer(draft)), default=0)
    checked = check_draft(Draft(draft[:last]), found, question, prompt)
    return "" if checked.abstained_for is not None else checked.text


def check_draft(draft: Draft, found: Result | None, question: str, prompt: Prompt) -> Checked:
    """Return what is served of a draft.

    With passages, an answer of which no citation is left is not served: it is the abstention.
    """
    dropped: dict[str, str] = {}
    if found is not None and draft.ending.quotes is not None:
        return Checked(draft.text, quoted_citations(draft.ending.quotes, found.hits), dropped, None)
    abstention = prompt.abstention(question, with_passages=found is not None)
    if found is None:
        text = MARKER.sub("", draft.text).strip()
        reason = "the generator found no answer" if not text or prompt.is_abstention(text) else None
        return Checked(text or abstention, [], dropped, reason)
    text, citations = check_citations(draft.text, found.hits, dropped)
    if not text or prompt.is_abstention(text):
        return Checked(abstention, [], dropped, "the generator found no answer")
    if not citations:
        return Checked(abstention, [], dropped, "no citation of the draft held")
    return Checked(text, citations, dropped, None)
