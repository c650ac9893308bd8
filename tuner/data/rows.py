"""From examples to conversations, through the very prompt and retrieval that serving uses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval.metrics.recall import answer_recall
from generator.engine import Engine
from generator.prompt import Context, Message, Prompt, load_prompt
from generator.releases import typed
from retriever.search.filters import Comparison
from retriever.search.search import Hit, Request
from retriever.text.analysis import cjk_share
from store.datasets import Example
from store.documents import get_document
from store.errors import NotFoundError
from store.releases import active_release

Way = Literal["closed_book", "with_context"]
Fits = Callable[[list[Message], str], bool]


@dataclass(frozen=True)
class Conversation:
    """One training row: the messages of the prompt, and the reply to learn."""

    messages: list[Message]
    reply: str

    def as_row(self) -> dict[str, Any]:
        """Return the row in TRL's conversational prompt-completion layout."""
        return {"prompt": self.messages, "completion": [{"role": "assistant", "content": self.reply}]}


def build_conversations(
    engine: Engine,
    domain_id: str,
    examples: Sequence[Example],
    way: Way,
    *,
    without_gold: float,
    seed: int,
    fits: Fits,
    alive: Callable[[], None] = lambda: None,
) -> list[Conversation]:
    """Return one conversation per example, in order.

    `closed_book` shows no passages. `with_context` shows what retrieval finds, with the gold passage put in if it was
    missed; a share `without_gold` of the answerable questions is shown without it, and the reply is to abstain.
    Passages that are not gold are left out, the last first, until `fits` (messages, reply) is true. `alive` is called
    at each example.
    """
    prompt = served_prompt(engine, domain_id)
    chance = random.Random(seed)
    if way == "closed_book":
        return [_closed_book(prompt, example) for example in examples]
    rows = []
    for example in examples:
        shown, gold = _choose_passages(engine, domain_id, example, chance, without_gold)
        rows.append(_with_context(prompt, example, shown, gold, fits))
        alive()
    return rows


def served_prompt(engine: Engine, domain_id: str) -> Prompt:
    """Return the prompt of the active release: an adapter is trained with what it will be asked with."""
    prompt = typed(active_release(engine.store, domain_id)).manifest.prompt
    return load_prompt(prompt.name, prompt.sha256)


def _closed_book(prompt: Prompt, example: Example) -> Conversation:
    question, answers = example.content["question"], example.content["answers"]
    reply = answers[0] if answers else prompt.abstention(question, with_passages=False)
    return Conversation(prompt.messages(question, None), reply)


def _choose_passages(
    engine: Engine, domain_id: str, example: Example, chance: random.Random, without_gold: float
) -> tuple[list[Hit], Hit | None]:
    """Return the passages to show and the gold one among them, None if the reply is to abstain."""
    question, answers = example.content["question"], example.content["answers"]
    plan = typed(active_release(engine.store, domain_id)).manifest.search_plan
    limit = plan.retrieval.passages
    hits = engine.retriever.search(domain_id, plan, Request(question, limit)).hits
    gold = [hit for hit in hits if _holds(hit, answers, example)] or _find_gold(engine, domain_id, example)
    if not gold or chance.random() < without_gold:  # then nothing shown may hold the answer by chance either
        return [hit for hit in hits if _answer_in(hit, answers) is None], None
    if gold[0] in hits:
        return hits, gold[0]
    shown = hits[: limit - 1]
    shown.insert(chance.randrange(len(shown) + 1), gold[0])
    return shown, gold[0]


def _with_context(prompt: Prompt, example: Example, shown: list[Hit], gold: Hit | None, fits: Fits) -> Conversation:
    question = example.content["question"]
    while True:
        if gold is None:
            reply = prompt.abstention(question, with_passages=True)
        else:
            reply = f"{_answer_in(gold, example.content['answers'])} [{shown.index(gold) + 1}]"
        messages = prompt.messages(question, [Context(hit.passage.heading, hit.passage.text) for hit in shown])
        spare = [hit for hit in shown if hit is not gold]
        if not spare or fits(messages, reply):
            return Conversation(messages, reply)
        shown = [hit for hit in shown if hit is not spare[-1]]


def _find_gold(engine: Engine, domain_id: str, example: Example) -> list[Hit]:
    """Return the passages of the example's own documents that hold its answer."""
    answers = example.content["answers"]
    found: list[Hit] = []
    for document_id in example.documents:
        try:
            external_id = get_document(engine.store, domain_id, document_id).external_id
        except NotFoundError:
            continue
        only = Comparison(type="eq", key="external_id", value=external_id)
        request = Request(f"{example.content['question']} {' '.join(answers)}", 50, filters=only)
        plan = typed(active_release(engine.store, domain_id)).manifest.search_plan
        hits = engine.retriever.search(domain_id, plan, request).hits
        found += [hit for hit in hits if _holds(hit, answers, example)]
    return found


def _holds(hit: Hit, answers: Sequence[str], example: Example) -> bool:
    """Return whether a passage holds an answer and, if the example names documents, belongs to one of them."""
    owners = {hit.passage.document_id, *hit.also_in}
    mine = not example.documents or bool(owners & set(example.documents))
    return mine and _answer_in(hit, answers) is not None


def _answer_in(hit: Hit, answers: Sequence[str]) -> str | None:
    """Return the first answer whose words stand in the passage as one run: "12" is not in "120"."""
    for answer in answers:
        language = "zh" if cjk_share(answer) > 0 else "en"
        if answer_recall(hit.passage.text, [answer], language):
            return answer
    return None
