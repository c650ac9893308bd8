"""Follow-up questions written out by the language model that answers, where one is configured.

One call, within a deadline, remembered for the same conversation. What the model writes is taken only if it is one
question that keeps every word that the new question brought, none that it takes the place of, and brings no number or
code of its own; else the rule holds, and the explanation says why.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from generator.followups.followup import FollowUp, follow_up, rewritten
from generator.prompt import Message
from retriever.index.lexical import stems
from retriever.text.language import is_cjk_text
from store.ids import canonical_json, sha256

_REMEMBERED = 512  # conversations
_TURNS, _SHOWN = 6, 400  # messages of the conversation that the model sees, and characters of each
_LONGEST = 64  # tokens of a question
_TIMES = 3  # as long as the question and the one before it a rewritten one may be
_NUMBER = re.compile(r"[A-Za-z]*-?\d[\w.-]*", re.ASCII)
_ASK = (
    "Rewrite the last question of the conversation so that it can be understood without the conversation. Keep all its "
    "words, add only what is missing, and do not answer it. If nothing is missing, repeat it. Write only the question."
)
_ASK_ZH = (
    "请改写对话中的最后一个问题，使它脱离对话也能看懂。保留问题里原有的词，只补上缺少的内容，不要回答。"
    "如果什么都不缺，就原样重复。只写出问题。"
)


@runtime_checkable
class Rewriter(Protocol):
    """A generator that can write out a question."""

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        """Return the reply to the messages, at most `longest` tokens, or None once `cancelled` says so."""
        ...


class Understanding:
    """Understands questions in their conversations; safe to use from many threads.

    A model has `seconds` to write a question out; with 0 the rule alone decides.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._known: OrderedDict[str, str | None] = OrderedDict()
        self._changing = threading.Lock()

    def of(
        self, question: str, history: Sequence[Message], generator: object, cancelled: Callable[[], bool]
    ) -> FollowUp:
        """Return what a question means: written out by the generator if it can do so, else by the rule."""
        rule = follow_up(question, history)
        asked = [message for message in history if message["role"] == "user"]
        if not asked or rule.kind == "small_talk" or not self._seconds or not isinstance(generator, Rewriter):
            return rule
        key = sha256(canonical_json([question, [[turn["role"], turn["content"]] for turn in history]]).encode())
        with self._changing:
            text = self._known.get(key)
        if text is None:
            until = time.monotonic() + self._seconds
            messages = request(question, history)
            text = generator.rewrite(messages, _LONGEST, lambda: cancelled() or time.monotonic() > until)
            if text is None:
                return replace(rule, note=f"the model wrote nothing within {self._seconds:g} s")
            self._remember(key, text)
        return checked(rule, text, question, history)

    def _remember(self, key: str, text: str) -> None:
        with self._changing:
            self._known[key] = text
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def request(question: str, history: Sequence[Message]) -> list[Message]:
    """Return the messages that ask a model to write a question out."""
    names = {"user": "User", "assistant": "Assistant"}
    lines = [f"{names.get(turn['role'], 'User')}: {turn['content'][:_SHOWN]}" for turn in history[-_TURNS:]]
    shown = "\n".join([*lines, f"User: {question[:_SHOWN]}"])
    ask = _ASK_ZH if is_cjk_text(question) else _ASK
    return [{"role": "system", "content": ask}, {"role": "user", "content": shown}]


def checked(rule: FollowUp, text: str, question: str, history: Sequence[Message]) -> FollowUp:
    """Return the question as the model wrote it out, or by the rule with the reason why the model's was refused."""
    reason = refusal(rule, text, question, history)
    if reason is not None:
        return replace(rule, note=f"the model's question was refused: {reason}")
    return rewritten(rule, text.strip())


def refusal(rule: FollowUp, text: str, question: str, history: Sequence[Message]) -> str | None:
    """Return why a question that a model wrote out cannot be used, or None."""
    said = " ".join([question, *(turn["content"] for turn in history)])
    longest = max((len(turn["content"]) for turn in history if turn["role"] == "user"), default=0)
    terms = set(stems(text))
    numbers, known = ({each.casefold() for each in _NUMBER.findall(words)} for words in (text, said))
    missing, invented = rule.own_terms - terms, numbers - known
    kept = (rule.dropped_terms & terms) - set(stems(question))
    reasons = {
        "it is empty": not text.strip(),
        "it has several lines": "\n" in text.strip(),
        "it is too long": len(text) > _TIMES * (len(question) + longest),
        f"it leaves out {', '.join(sorted(missing))}": bool(missing),
        f"nobody said {', '.join(sorted(invented))}": bool(invented),
        f"it still asks about {', '.join(sorted(kept))}": bool(kept),
        "it takes nothing from the conversation": rule.kind != "alone" and not rule.carried_terms & terms,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
