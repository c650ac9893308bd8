"""Answers from a local causal language model of transformers, with PEFT adapters chosen per request.

PEFT's active adapter is global state: switching it while another request generates mixes the two. It is never switched
here; each call names the adapter of its own rows, and calls take turns.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from generator.adapters import check_adapter
from generator.answer import AbandonedError, Draft, Task
from generator.causal import AdaptedModel, context_length, load_causal
from generator.chat import DEFAULT_STOP, DEFAULT_TEMPLATE, template_use
from generator.prompt import Context, Message, fit
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat
from retriever.models.quiet import quiet_transformers
from store.errors import DamagedError

_NO_ADAPTER = "__base__"
_LOOK_S = 0.2  # how often who waits for a turn looks whether the answer is still wanted


class CausalGenerator:
    """A base model in memory and the adapters that requests ask for. Safe to use from many threads."""

    name = "transformers"

    def __init__(self, folder: Path, settings: GeneratorSettings, adapter_folder: Callable[[str], Path]) -> None:
        import torch

        self._torch = torch
        self._folder = folder
        self._settings = settings
        self._adapter_folder = adapter_folder
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.tokenizer, self._model = load_causal(folder)
        self._limit = context_length(self.tokenizer, self._model.config)
        self._loaded: OrderedDict[str, None] = OrderedDict()
        self._turn = threading.Lock()

    def write(self, task: Task) -> Draft:
        """Return the model's continuation of the prompt, decoded greedily."""
        longest = min(task.max_new_tokens, self._limit // 2)  # half of a small context is kept for the prompt
        budget = self._limit - longest
        contexts = None if task.hits is None else [Context(hit.passage.heading, hit.passage.text) for hit in task.hits]
        messages = fit(task.prompt, task.question, contexts, task.history, self._count, budget)
        ids = encode_chat(self.tokenizer, messages)[-budget:]
        with self._taking_turns(task), self._torch.inference_mode(), quiet_transformers():
            chosen = self._choose(task.adapter)  # before `self._model` is read: loading may replace it
            rows = self._torch.tensor([ids])
            output = self._model.generate(
                input_ids=rows,
                attention_mask=self._torch.ones_like(rows),
                max_new_tokens=longest,
                do_sample=False,
                pad_token_id=self._padding(),
                stopping_criteria=self._stopping(task),
                **chosen,
            )
        _go_on(task)
        written = output[0, len(ids) :].tolist()
        text = self.tokenizer.decode(written, skip_special_tokens=True)
        if self.tokenizer.chat_template == DEFAULT_TEMPLATE:
            text = text.split(DEFAULT_STOP)[0]
        use = template_use(self.tokenizer.chat_template)
        return Draft(text.strip(), len(ids), len(written), messages, chat=use)

    def _padding(self) -> Any:
        own = self.tokenizer.pad_token_id
        return self.tokenizer.eos_token_id if own is None else own

    @contextmanager
    def _taking_turns(self, task: Task) -> Iterator[None]:
        while not self._turn.acquire(timeout=_LOOK_S):
            _go_on(task)
        try:
            _go_on(task)
            yield
        finally:
            self._turn.release()

    @staticmethod
    def _stopping(task: Task) -> Any:
        """Return what ends the generation before its next token once nobody waits for it."""
        from transformers import StoppingCriteriaList

        return StoppingCriteriaList([lambda *_, **__: task.cancelled()])

    def _count(self, messages: list[Message]) -> int:
        return len(encode_chat(self.tokenizer, messages))

    def _choose(self, adapter: str | None) -> dict[str, Any]:
        if adapter is not None and adapter not in self._loaded:
            self._load(adapter)
        if adapter is not None:
            self._loaded.move_to_end(adapter)
        return {"adapter_names": [adapter or _NO_ADAPTER]} if self._loaded else {}

    def _load(self, adapter: str) -> None:
        from peft import PeftModel

        folder = self._adapter_folder(adapter)
        check_adapter(folder)
        try:
            if self._loaded:
                cast("AdaptedModel", self._model).load_adapter(str(folder), adapter_name=adapter)
            else:
                self._model = PeftModel.from_pretrained(self._model, str(folder), adapter_name=adapter).eval()
        except (RuntimeError, ValueError, KeyError) as error:
            # PEFT changes the layers before it reads the weights: a half-loaded adapter would answer as the base.
            self._loaded.clear()
            _, self._model = load_causal(self._folder)
            raise DamagedError(f"The adapter {folder.name} does not fit the base model: {error}") from error
        self._loaded[adapter] = None
        if len(self._loaded) > self._settings.max_adapters:
            oldest, _ = self._loaded.popitem(last=False)
            cast("AdaptedModel", self._model).delete_adapter(oldest)


def _go_on(task: Task) -> None:
    if task.cancelled():
        raise AbandonedError("Nobody waits for the answer any more.")
