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
        self, question: str, contexts: Sequence[Context] | None, history: Sequence[Message] = ()
    ) -> list[Message]:
        """Return system, earlier turns and user message; `contexts` None asks without passages."""
        template = self._template(contexts is not None)
        shown = [
            _fill(template.passage, number=str(number), heading=context.heading, text=context.text)
            for number, context in enumerate(contexts or (), start=1)
        ]
        system = _fill(template.system, abstention=self.abstention(question, contexts is not None))
        user = _fill(template.user, passages="\n\n".join(shown), question=question)
        return [{"role": "system", "content": system}, *history, {"role": "user", "content": user}]

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


def fit(
    prompt: Prompt,
    question: str,
    contexts: Sequence[Context] | None,
    history: Sequence[Message],
    count_tokens: Callable[[list[Message]], int],
    budget: int,
) -> list[Message]:
    """Return messages of at most `budget` tokens: the oldest turns are left out first, then the last passages.

    The first passage and the question stay, even if they alone are over the budget.
    """
    turns, kept = list(history), None if contexts is None else list(contexts)
    messages = prompt.messages(question, kept, turns)
    while count_tokens(messages) > budget and (turns or (kept is not None and len(kept) > 1)):
        if turns:
            del turns[:2]  # a question with its answer
        elif kept is not None:
            kept.pop()
        messages = prompt.messages(question, kept, turns)
    return messages


def _fill(template: str, **values: str) -> str:
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), template)
