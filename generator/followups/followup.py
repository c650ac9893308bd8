"""Follow-up questions: what a question lacks is taken from the conversation before it, and nothing else.

The rule, without a language model and in both languages. A fragment ("and at Northgate?", 那西仓呢) is put into the
question before it: in place of what it is an alternative to (`slots`), else behind it. A whole question that points
outside itself (a pronoun, "and who …", a subject left out) is read together with the topic of the question before it,
and with who or what the answer named if a pronoun stands for that. Any other question takes nothing, nor does one that
changes the subject ("another question: …", 换个问题). The conversation is understood turn by turn, so several turns
back count; small talk in between does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from generator.followups import chinese, english
from generator.followups.slots import put_in_place, without_rivals
from generator.followups.smalltalk import Courtesy, courtesy_of, without_courtesy
from generator.prompt import Message
from retriever.index.lexical import content_stems
from retriever.text.language import is_cjk_text

Kind = Literal["alone", "replaces", "adds", "refers", "small_talk"]
_TURNS = 8  # questions back that are looked at
_OWN = 2.0  # weight of what a follow-up itself asks, beside what it takes from the conversation


@dataclass(frozen=True)
class FollowUp:
    """A question in its conversation, and what of it comes from where.

    `search_text` is searched for and `reading_text` read with: the question as it would be asked alone. `own_terms` are
    the content stems of the question itself, `carried_terms` those taken from the conversation, and `dropped_terms`
    those of the earlier question that the new one takes the place of: an answer about them answers the earlier
    question. `by` says who understood it.
    """

    kind: Kind
    search_text: str
    reading_text: str
    own_terms: frozenset[str]
    carried_terms: frozenset[str] = frozenset()
    dropped_terms: frozenset[str] = frozenset()
    topic: str = ""
    courtesy: Courtesy | None = None
    by: Literal["rule", "model"] = "rule"
    note: str | None = None

    def weighed(self, term_weights: Mapping[str, float]) -> dict[str, float]:
        """Return the weights of the terms with those of the question itself twice as heavy as what it only carries."""
        heavy = self.own_terms if self.carried_terms else frozenset()
        return {term: weight * (_OWN if term in heavy else 1.0) for term, weight in term_weights.items()}


@dataclass(frozen=True)
class _Before:
    """What the conversation has come to: the last question as it would be asked alone, its topic, and the answer."""

    question: str
    topic: str
    reply: str


def follow_up(question: str, history: Sequence[Message]) -> FollowUp:
    """Return what a question means after the turns of a conversation."""
    before: _Before | None = None
    for asked, reply in _turns(history):
        understood = _understood(asked, before)
        if understood.kind != "small_talk":
            before = _Before(understood.reading_text, understood.topic, reply)
    return _understood(question, before)


def rewritten(rule: FollowUp, text: str) -> FollowUp:
    """Return a follow-up that a model wrote out as `text`, which keeps what the question itself asks."""
    carried = frozenset(content_stems(text)) - rule.own_terms
    return replace(rule, search_text=text, reading_text=text, carried_terms=carried, by="model")


def _understood(question: str, before: _Before | None) -> FollowUp:
    courtesy = courtesy_of(question)
    if courtesy is not None:
        return FollowUp("small_talk", question, question, frozenset(), courtesy=courtesy)
    language = chinese if is_cjk_text(question) else english
    asked = without_courtesy(question)
    rest, switched = language.switch(asked)
    if before is None or switched:
        return _alone(rest, language.topic(rest))
    core, led = language.lead(rest)
    if language.is_fragment(core, led):
        return _fragment(core, before)
    subject = english.parallel(core, before.question) if led and language is english else ""
    if subject:
        return _fragment(subject, before)
    if language.points_back(core, led):
        return _reference(core, before)
    own = core if led else rest
    return _alone(own, language.topic(own))


def _alone(question: str, topic: str) -> FollowUp:
    return FollowUp("alone", question, question, frozenset(content_stems(question)), topic=topic)


def _fragment(core: str, before: _Before) -> FollowUp:
    """Return the earlier question with the fragment in it."""
    language = chinese if is_cjk_text(core) else english
    own = frozenset(language.asked_for(core))
    base, marks = before.question, ""
    if language.means_another(core):
        base, marks = language.without_marks(base)
    text, replaced = put_in_place(base, core)
    dropped = f"{replaced} {marks}".strip()
    gone = frozenset(content_stems(dropped)) - own - frozenset(content_stems(text))
    carried = frozenset(content_stems(text)) - own
    topic = (chinese if is_cjk_text(text) else english).topic(text)
    return FollowUp("replaces" if dropped else "adds", text, text, own, carried, gone, topic)


def _reference(core: str, before: _Before) -> FollowUp:
    """Return the question behind the topic that it points to."""
    language = chinese if is_cjk_text(core) else english
    if language.means_another(core):
        topic, gone = language.without_marks(before.topic)
    else:
        topic, gone = without_rivals(before.topic, core)
    named = language.named_in_reply(core, before.question, before.reply)
    parts = [part for part in (topic, named) if part]
    comma = "，" if is_cjk_text("".join(parts) + core) else ", "
    text = comma.join([*parts, core])
    own = frozenset(language.asked_for(core))
    carried = frozenset(content_stems(" ".join(parts))) - own
    dropped = frozenset(content_stems(gone)) - own - carried
    return FollowUp("refers", text, text, own, carried, dropped, topic=before.topic)


def _turns(history: Sequence[Message]) -> Iterator[tuple[str, str]]:
    """Yield the last questions of the user, each with the reply that follows it."""
    asked = [place for place, message in enumerate(history) if message["role"] == "user"][-_TURNS:]
    for place in asked:
        after = history[place + 1] if place + 1 < len(history) else None
        reply = after["content"] if after is not None and after["role"] == "assistant" else ""
        yield history[place]["content"], reply
