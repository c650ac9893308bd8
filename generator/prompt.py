"""The prompt: the same messages for serving and for training, from a frozen file whose hash goes into every adapter.

Slots are filled by plain replacement, in one pass: what a document contains is never read as a template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from retriever.text.language import language_of
from store.errors import DamagedError, InvalidInputError
from store.ids import sha256
from store.lineage import PromptReference

Message = dict[str, str]
PROMPTS = ("v1", "v2")  # v2 says in Japanese and Korean, too, that it has no answer
_SLOT = re.compile(r"\{(abstention|number|heading|text|passages|question)\}")


@dataclass(frozen=True)
class Context:
    """A passage as the prompt shows it."""

    heading: str
    text: str


@dataclass(frozen=True)
class Shot:
    """An example with its answer, as it is shown before the question; `name` is how it is listed."""

    name: str
    question: str
    answer: str
    context: Context


@dataclass(frozen=True)
class Fitted:
    """The messages of a prompt that keeps to its budget, the shots in them, and the names of what was left out."""

    messages: list[Message]
    shots: Sequence[str] = ()
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class Template:
    """The texts of a way to ask, with slots; `passage` is how one is shown, `abstention` a sentence by language."""

    system: str
    user: str
    abstention: Mapping[str, str]
    passage: str = ""


@dataclass(frozen=True)
class Prompt:
    """A prompt version: `sha256` is the hash of its file, which releases and adapters record."""

    name: str
    sha256: str
    templates: Mapping[str, Template]

    @property
    def reference(self) -> PromptReference:
        """How a release or an adapter names this prompt."""
        return PromptReference(name=self.name, sha256=self.sha256)

    def messages(
        self,
        question: str,
        contexts: Sequence[Context] | None,
        history: Sequence[Message] = (),
        shots: Sequence[Shot] = (),
    ) -> list[Message]:
        """Return system, shots, earlier turns and user message; `contexts` None asks without passages, and shots."""
        abstention = self.abstention(question, contexts is not None)
        system = _fill(self._template(contexts is not None).system, abstention=abstention)
        shown = [turn for shot in shots for turn in self._answered(shot)] if contexts is not None else []
        user = self._user(question, contexts)
        return [{"role": "system", "content": system}, *shown, *history, {"role": "user", "content": user}]

    def _answered(self, shot: Shot) -> list[Message]:
        """Return a shot as two turns: its one passage with the question, and the reply that is wanted."""
        user = self._user(shot.question, [shot.context])
        return [{"role": "user", "content": user}, {"role": "assistant", "content": f"{shot.answer} [1]"}]

    def _user(self, question: str, contexts: Sequence[Context] | None) -> str:
        template = self._template(contexts is not None)
        shown = [
            _fill(template.passage, number=str(number), heading=context.heading, text=context.text)
            for number, context in enumerate(contexts or (), start=1)
        ]
        abstention = self.abstention(question, contexts is not None)
        return _fill(template.user, passages="\n\n".join(shown), question=question, abstention=abstention)

    def abstention(self, question: str, with_passages: bool) -> str:
        """Return the sentence with which a model says that it has no answer.

        It is in the language of the question, or in English if the prompt has none in that language.
        """
        sentences = self._template(with_passages).abstention
        return sentences.get(language_of(question), sentences["en"])

    def is_abstention(self, text: str) -> bool:
        """Return whether a model's reply says that it has no answer."""
        solid = text.strip()
        return any(solid.startswith(s) for t in self.templates.values() for s in t.abstention.values())

    def _template(self, with_passages: bool) -> Template:
        return self.templates["with_passages" if with_passages else "without_passages"]


def load_prompt(name: str = PROMPTS[-1], expected: str | None = None) -> Prompt:
    """Return a prompt that ships with Tandem, the newest by default.

    Raises `DamagedError` if its hash is not the `expected` one of a release.
    """
    if name not in PROMPTS:
        raise InvalidInputError(
            f"There is no prompt {name[:80]!r}; there is {', '.join(PROMPTS)}.", param="prompt.name"
        )
    content = (files("generator.prompts") / f"{name}.json").read_bytes()
    digest = sha256(content)
    if expected is not None and digest != expected:
        raise DamagedError(f"The prompt {name} has SHA-256 {digest}; the release or adapter was made with {expected}.")
    templates = {way: Template(**texts) for way, texts in json.loads(content).items()}
    return Prompt(name, digest, templates)


@dataclass(frozen=True)
class Wish:
    """What a prompt should hold if there is room: `shot_tokens` is what its shots may take."""

    question: str
    contexts: Sequence[Context] | None
    history: Sequence[Message] = ()
    shots: Sequence[Shot] = ()
    shot_tokens: int = 0


def fit(prompt: Prompt, wish: Wish, count_tokens: Callable[[list[Message]], int], budget: int) -> Fitted:
    """Return messages of at most `budget` tokens; a passage is there as a whole or not at all.

    Shots beyond their own budget are left out first; then the oldest turns, the last shots, the last passages. The
    first passage and the question stay, even if they alone are over the budget.
    """
    turns, kept = list(wish.history), None if wish.contexts is None else list(wish.contexts)
    shots = list(wish.shots) if kept is not None else []
    bare = count_tokens(prompt.messages(wish.question, kept, turns)) if shots else 0
    while shots and count_tokens(prompt.messages(wish.question, kept, turns, shots)) - bare > wish.shot_tokens:
        shots.pop()
    messages = prompt.messages(wish.question, kept, turns, shots)
    while count_tokens(messages) > budget and (turns or shots or (kept is not None and len(kept) > 1)):
        if turns:
            del turns[:2]  # a question with its answer
        elif shots:
            shots.pop()
        elif kept is not None:
            kept.pop()
        messages = prompt.messages(wish.question, kept, turns, shots)
    return Fitted(messages, [shot.name for shot in shots], _left_out(wish, len(turns), len(shots), len(kept or ())))


def _left_out(wish: Wish, turns: int, shots: int, passages: int) -> list[str]:
    """Return the names of what of a wish had no room."""
    earlier = len(wish.history) - turns
    return [
        *([f"the first {earlier} messages of the conversation"] if earlier else []),
        *(f"the example {shot.name}" for shot in wish.shots[shots:]),
        *(f"passage {number}" for number in range(passages + 1, len(wish.contexts or ()) + 1)),
    ]


def _fill(template: str, **values: str) -> str:
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), template)
