"""The explanation of an answer: what each step found and why, as plain data for people."""

from __future__ import annotations

from generator.answer import Draft
from generator.citing.checking import Checked
from generator.followups.followup import FollowUp
from generator.manifest import Manifest
from retriever.search.search import Result
from store.json_values import Json


def explanation(
    asked: FollowUp,
    found: Result | None,
    stages: bool,
    draft: Draft,
    evidence: float | None,
    manifest: Manifest,
    checked: Checked,
) -> dict[str, Json]:
    """Return how an answer came about; with `stages` also what each stage of retrieval found, which takes a little."""
    threshold = manifest.thresholds.evidence
    below = evidence is not None and evidence < threshold
    messages = draft.ending.messages
    prompt: list[Json] | None = None if messages is None else [{**message} for message in messages]
    return {
        "searched_for": asked.search_text if found else None,
        "follow_up": _understood(asked),
        "retrieval": found.stages if found and stages else None,
        "term_weights": {**found.term_weights} if found else None,
        "evidence": {"estimate": evidence, "threshold": threshold},
        "prompt": prompt,
        "chat_template": draft.ending.chat,
        "shots": [*draft.ending.shots],
        "left_out": [*draft.ending.left_out],
        "draft": draft.text,
        "span": draft.ending.span,
        "dropped_citations": [{"marker": marker, "reason": reason} for marker, reason in checked.dropped.items()],
        "dropped_sentences": [{"text": each.text, "reason": each.reason} for each in checked.left_out],
        "abstained_for": "the evidence estimate is below the threshold" if below else checked.abstained_for,
    }


def _understood(asked: FollowUp) -> dict[str, Json]:
    """Return what was made of the question in its conversation."""
    return {
        "kind": asked.kind,
        "by": asked.by,
        "read_as": asked.reading_text,
        "own_terms": [*sorted(asked.own_terms)],
        "carried_terms": [*sorted(asked.carried_terms)],
        "dropped_terms": [*sorted(asked.dropped_terms)],
        "note": asked.note,
    }
