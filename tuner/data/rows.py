"""From examples to conversations, through the very prompt and retrieval that serving uses.

What leaves here is what is trained on: nothing after it looks at examples, passages or tokens.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.metrics.recall import answer_recall
from generator.causal import load_tokenizer
from generator.prompt import Context, Message, Prompt, load_prompt
from generator.tokenizing import Tokenizer, encode_chat, plain_messages
from retriever.search.filters import Comparison
from retriever.search.search import Hit, Request
from retriever.text.language import language_of
from store.datasets import Example
from store.documents import get_document
from store.errors import NotFoundError, UnprocessableError
from store.examples import question_of
from tuner.method import Source

Fits = Callable[[list[Message], str], bool]


@dataclass(frozen=True)
class Conversation:
    """One training row: the messages of the prompt, and the reply to learn."""

    messages: list[Message]
    reply: str

    def as_row(self) -> dict[str, list[Message]]:
        """Return the row in TRL's conversational prompt-completion layout."""
        return {"prompt": self.messages, "completion": [{"role": "assistant", "content": self.reply}]}


class RowSettings(Protocol):
    """What rows depend on beside their source: chance, and the tokens that a row may have."""

    @property
    def seed(self) -> int:
        """What chance begins with."""
        ...

    @property
    def max_length(self) -> int:
        """Tokens of a row, at most."""
        ...


def conversations(source: Source, settings: RowSettings) -> list[Conversation]:
    """Return one conversation for each example, in order, for the language model in the folder `source.base`.

    Control tokens of the model are text in them. Raises `UnprocessableError` where one is too long with a single
    passage: cut, it would teach half a reply.
    """
    tokenizer = load_tokenizer(source.base)

    def fits(messages: list[Message], reply: str) -> bool:
        return count_tokens(tokenizer, messages, reply) <= settings.max_length

    rows = build_conversations(source, settings.seed, fits)
    return [_plain(tokenizer, row, settings.max_length) for row in rows]


def build_conversations(source: Source, seed: int, fits: Fits) -> list[Conversation]:
    """Return one conversation per example, in order.

    `closed_book` shows no passages. `with_context` shows what retrieval finds, with the gold passage put in if it was
    missed; a share `without_gold` of the answerable questions is shown without it, and the reply is to abstain.
    Passages that are not gold are left out, the last first, until `fits` (messages, reply) is true.
    """
    prompt = load_prompt(source.manifest.prompt.name, source.manifest.prompt.sha256)
    chance = random.Random(seed)
    if source.way == "closed_book":
        return [_closed_book(prompt, example) for example in source.examples]
    rows = []
    for example in source.examples:
        shown, gold = _choose_passages(source, example, chance)
        rows.append(_with_context(prompt, example, shown, gold, fits))
        source.alive()
    return rows


def count_tokens(tokenizer: Tokenizer, messages: list[Message], reply: str) -> int:
    """Return the tokens of a row, the end of the reply included."""
    return len(encode_chat(tokenizer, messages)) + len(tokenizer(reply, add_special_tokens=False)["input_ids"]) + 2


def _plain(tokenizer: Tokenizer, row: Conversation, limit: int) -> Conversation:
    """Return the row with control tokens made text; refuse one that is too long, of which TRL would cut the reply."""
    messages = plain_messages(tokenizer, row.messages)
    reply = plain_messages(tokenizer, [{"role": "assistant", "content": row.reply}])[0]["content"]
    length = count_tokens(tokenizer, messages, reply)
    if length > limit:
        raise UnprocessableError(
            f"An example has {length} tokens with a single passage, allowed are {limit}: raise lora.max_length.",
            code="example_too_long",
        )
    return Conversation(messages, reply)


def _closed_book(prompt: Prompt, example: Example) -> Conversation:
    content = question_of(example.key, example.content)
    question, answers = content.question, content.answers
    reply = answers[0] if answers else prompt.abstention(question, with_passages=False)
    return Conversation(prompt.messages(question, None), reply)


def _choose_passages(source: Source, example: Example, chance: random.Random) -> tuple[list[Hit], Hit | None]:
    """Return the passages to show and the gold one among them, None if the reply is to abstain."""
    content = question_of(example.key, example.content)
    question, answers = content.question, content.answers
    limit = source.manifest.retrieval.passages
    hits = _search(source, Request(question, limit))
    gold = [hit for hit in hits if _holds(hit, answers, example)] or _find_gold(source, example)
    if not gold or chance.random() < source.without_gold:  # then nothing shown may hold the answer by chance either
        return [hit for hit in hits if _answer_in(hit, answers) is None], None
    if gold[0] in hits:
        return hits, gold[0]
    shown = hits[: limit - 1]
    shown.insert(chance.randrange(len(shown) + 1), gold[0])
    return shown, gold[0]


def _search(source: Source, request: Request) -> list[Hit]:
    return source.engine.retriever.search(source.domain_id, source.manifest.search_plan, request).hits


def _with_context(prompt: Prompt, example: Example, shown: list[Hit], gold: Hit | None, fits: Fits) -> Conversation:
    content = question_of(example.key, example.content)
    question = content.question
    while True:
        if gold is None:
            reply = prompt.abstention(question, with_passages=True)
        else:
            reply = f"{_answer_in(gold, content.answers)} [{shown.index(gold) + 1}]"
        messages = prompt.messages(question, [Context(hit.passage.heading, hit.passage.body) for hit in shown])
        spare = [hit for hit in shown if hit is not gold]
        if not spare or fits(messages, reply):
            return Conversation(messages, reply)
        shown = [hit for hit in shown if hit is not spare[-1]]


def _find_gold(source: Source, example: Example) -> list[Hit]:
    """Return the passages of the example's own documents that hold its answer."""
    content = question_of(example.key, example.content)
    found: list[Hit] = []
    for document_id in example.documents:
        try:
            external_id = get_document(source.engine.store, source.domain_id, document_id).external_id
        except NotFoundError:
            continue
        only = Comparison(type="eq", key="external_id", value=external_id)
        hits = _search(source, Request(f"{content.question} {' '.join(content.answers)}", 50, filters=only))
        found += [hit for hit in hits if _holds(hit, content.answers, example)]
    return found


def _holds(hit: Hit, answers: Sequence[str], example: Example) -> bool:
    """Return whether a passage holds an answer and, if the example names documents, belongs to one of them."""
    owners = {hit.passage.document_id, *hit.also_in}
    mine = not example.documents or bool(owners & set(example.documents))
    return mine and _answer_in(hit, answers) is not None


def _answer_in(hit: Hit, answers: Sequence[str]) -> str | None:
    """Return the first answer whose words stand in the passage as one run: "12" is not in "120"."""
    for answer in answers:
        if answer_recall(hit.passage.text, [answer], language_of(hit.passage.text)):
            return answer
    return None
