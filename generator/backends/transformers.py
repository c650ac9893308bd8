"""Answers from a local causal language model of transformers, many at a time, with an adapter chosen per request.

The base model is in memory once and never changed. PEFT's active adapter would be global state, which mixes requests
that switch it; here each sequence names its own adapter (`generator.decoding`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from generator.answer import AbandonedError, Ending, Piece, Task
from generator.causal import CausalModel, Form, context_length, load_causal
from generator.chat import reply_of, template_use
from generator.decoding.adapters import Adapters
from generator.decoding.hardware import Threads, device_of, dtype_of, tokens_of_a_step
from generator.decoding.network import NO_ADAPTER, Adapter, Network
from generator.decoding.scheduler import Limits, Request, Scheduler
from generator.failing import BusyError, TooSlowError, WriterError
from generator.prompt import Context, Message, Wish, fit
from generator.settings import GeneratorSettings
from generator.tokenizing import Tokenizer, encode_chat
from store.errors import ConflictError


class CausalGenerator:
    """A base model in memory and the adapters that requests ask for. Safe to use from many threads."""

    name = "transformers"

    def __init__(self, folder: Path, settings: GeneratorSettings, adapter_folder: Callable[[str], Path]) -> None:
        import torch

        threads = Threads(settings.threads)
        torch.set_num_threads(threads.now)
        device = device_of(settings)
        form = Form(str(dtype_of(settings, device)).removeprefix("torch."), device, settings.four_bit)
        self.tokenizer, model = load_causal(folder, form)
        self._settings = settings
        self._limit = context_length(self.tokenizer, model.config)
        try:
            network = Network(model, device)
        except ConflictError as error:
            message = f"The base model {folder.name} cannot be used: {error.message}."
            raise ConflictError(message, code=error.code) from error
        limits = Limits(settings.batch, settings.batch_tokens, tokens_of_a_step(device), settings.waiting)
        self._adapters = Adapters(model, network.layers, adapter_folder, settings.max_adapters)
        self._scheduler = Scheduler(network, _ends(self.tokenizer, model), limits, threads)

    def check_room(self) -> None:
        """Raise `BusyError` if no more answers may wait."""
        self._scheduler.check_room()

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the model's continuation of the prompt, decoded greedily, as far as no further token changes it."""
        adapter = NO_ADAPTER if task.adapter is None else self._adapters.get(task.adapter)
        limit = max(2, self._limit - adapter.length)
        longest = min(task.max_new_tokens, limit // 2)  # half of a small context is kept for the prompt
        budget = limit - longest
        contexts = None if task.hits is None else [Context(hit.passage.heading, hit.passage.body) for hit in task.hits]
        wish = Wish(task.question, contexts, task.history, task.shots, task.shot_tokens)
        fitted = fit(task.prompt, wish, self._count, budget)
        ids = encode_chat(self.tokenizer, fitted.messages)[-budget:]
        written: list[int] = []
        sent = 0
        for token in self._tokens(ids, longest, adapter, task.cancelled, self._settings.answer_s):
            written.append(token)
            text = settled(self._text(written))
            if len(text) > sent:
                yield Piece(text[sent:])
                sent = len(text)
        use = template_use(self.tokenizer.chat_template)
        ending = Ending(len(ids), len(written), fitted.messages, chat=use, left_out=fitted.left_out, shots=fitted.shots)
        yield Piece(self._text(written)[sent:], ending)

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        """Return the base model's reply to the messages; no adapter is used.

        None once `cancelled` says so, or if the model has no room or fails.
        """
        longest = min(longest, self._limit // 2)
        ids = encode_chat(self.tokenizer, messages)[longest - self._limit :]
        try:
            return self._text(list(self._tokens(ids, longest, NO_ADAPTER, cancelled, self._settings.answer_s)))
        except (AbandonedError, BusyError, WriterError, TooSlowError):
            return None

    def _tokens(
        self, ids: list[int], longest: int, adapter: Adapter, cancelled: Callable[[], bool], seconds: float
    ) -> Iterator[int]:
        return self._scheduler.submit(Request(ids, longest, adapter, time.monotonic() + seconds, cancelled))

    def _text(self, written: Sequence[int]) -> str:
        return reply_of(self.tokenizer.chat_template, self.tokenizer.decode(written, skip_special_tokens=True))

    def _count(self, messages: list[Message]) -> int:
        return len(encode_chat(self.tokenizer, messages))


def settled(text: str) -> str:
    """Return the beginning of a growing text that no further token changes: all before its last word.

    A tokenizer may take back a blank before a punctuation mark, and shows half a character as a replacement.
    """
    before, *last = text.rsplit(maxsplit=1) or [""]
    return before if last else ""


def _ends(tokenizer: Tokenizer, model: CausalModel) -> frozenset[int]:
    """Return the tokens that end a text: those that the model names, and its tokenizer's own."""
    named = model.generation_config.eos_token_id
    every = [*(named if isinstance(named, list) else [named]), tokenizer.eos_token_id]
    return frozenset(token for token in every if token is not None)
