"""Checking a draft: what of it is served, with which citations, and when nothing of it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from generator.answer import Citation, Draft, Unsupported
from generator.citing.citations import Doubt, check_citations, no_doubt, quoted_citations
from generator.citing.markers import MARKER
from generator.citing.unsupported import cited_where_said, unsupported_sentences, without
from generator.prompt import Prompt
from retriever.search.search import Result

UNCITED = "no citation of the draft held"


@dataclass(frozen=True)
class Basis:
    """What a draft is checked against: the question, what was found for it, and the prompt.

    With `cite` sentences that a passage says get its citation where the draft has none, with `drop` those that none
    says are left out; `doubt` may have something against a statement.
    """

    question: str
    found: Result | None
    prompt: Prompt
    cite: bool = False
    drop: bool = False
    doubt: Doubt = no_doubt


@dataclass(frozen=True)
class Checked:
    """A draft after its check: what is served, the markers that did not hold with why, and why nothing is answered.

    `unsupported` are sentences that no passage says: where they stand in `text`, or, left out, where they stood.
    """

    text: str
    citations: list[Citation]
    dropped: dict[str, str]
    abstained_for: str | None
    unsupported: Sequence[Unsupported] = ()
    left_out: Sequence[Unsupported] = field(default=())


def settled_text(draft: str, basis: Basis) -> str:
    """Return what of a draft that is still being written can be shown: the beginning of what `check_draft` will keep.

    With passages that is all up to its last marker, once a citation holds: before, it may still become an abstention.
    """
    if basis.found is None:
        opened = max(draft.rfind(bracket) for bracket in "[【［")
        closed = max(draft.rfind(bracket) for bracket in "]】］")
        return MARKER.sub("", draft[:opened] if opened > closed else draft).strip()
    last = max((match.end() for match in MARKER.finditer(draft)), default=0)
    checked = check_draft(Draft(draft[:last]), basis)
    return "" if checked.abstained_for is not None else checked.text


def check_draft(draft: Draft, basis: Basis) -> Checked:
    """Return what is served of a draft.

    With passages, an answer of which no citation is left is not served: it is the abstention.
    """
    dropped: dict[str, str] = {}
    found, prompt = basis.found, basis.prompt
    if found is not None and draft.ending.quotes is not None:
        return Checked(draft.text, quoted_citations(draft.ending.quotes, found.hits), dropped, None)
    abstention = prompt.abstention(basis.question, with_passages=found is not None)
    if found is None:
        text = MARKER.sub("", draft.text).strip()
        reason = "the generator found no answer" if not text or prompt.is_abstention(text) else None
        return Checked(text or abstention, [], dropped, reason)
    text, citations = check_citations(draft.text, found.hits, dropped, basis.doubt)
    if not text or prompt.is_abstention(text):
        return Checked(abstention, [], dropped, "the generator found no answer")
    if basis.cite:
        text, citations = cited_where_said(text, citations, found.hits, basis.doubt)
    if not citations:
        return Checked(abstention, [], dropped, UNCITED)
    unsupported = unsupported_sentences(text, citations, found.hits, basis.doubt)
    if basis.drop:
        return Checked(without(text, unsupported), citations, dropped, None, (), unsupported)
    return Checked(text, citations, dropped, None, unsupported)
