"""Answers from a local causal language model of transformers, with PEFT adapters chosen per request.

PEFT's active adapter is global state: switching it while another request generates mixes the two. It is never switched
here; each call names the adapter of its own rows, and calls take turns in the one thread in which the model writes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, cast

from generator.adapters import check_adapter
from generator.answer import AbandonedError, Ending, Piece, Task
from generator.causal import AdaptedModel, context_length, load_causal
from generator.chat import DEFAULT_STOP, DEFAULT_TEMPLATE, template_use
from generator.prompt import Context, Message, fit
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat
from retriever.models.quiet import quiet_transformers
from store.errors import DamagedError

if TYPE_CHECKING:
    import torch

_NO_ADAPTER = "__base__"
_LOOK_S = 0.2  # how often who waits for the next token looks whether the answer is still wanted


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
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="causal")  # whoever asks first writes first

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the model's continuation of the prompt, decoded greedily, as far as no further token changes it."""
        longest = min(task.max_new_tokens, self._limit // 2)  # half of a small context is kept for the prompt
        budget = self._limit - longest
        contexts = None if task.hits is None else [Context(hit.passage.heading, hit.passage.body) for hit in task.hits]
        messages = fit(task.prompt, task.question, contexts, task.history, self._count, budget)
        ids = encode_chat(self.tokenizer, messages)[-budget:]
        written: list[int] = []
        sent = 0
        for token in self._tokens(ids, longest, task.adapter, task.cancelled):
            written.append(token)
            text = settled(self._text(written))
            if len(text) > sent:
                yield Piece(text[sent:])
                sent = len(text)
        use = template_use(self.tokenizer.chat_template)
        yield Piece(self._text(written)[sent:], Ending(len(ids), len(written), messages, chat=use))

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        """Return the base model's reply to the messages, or None once `cancelled` says so; no adapter is used."""
        longest = min(longest, self._limit // 2)
        ids = encode_chat(self.tokenizer, messages)[longest - self._limit :]
        try:
            return self._text(list(self._tokens(ids, longest, None, cancelled)))
        except AbandonedError:
            return None

    def _tokens(
        self, ids: list[int], longest: int, adapter: str | None, cancelled: Callable[[], bool]
    ) -> Iterator[int]:
        """Yield the tokens that follow `ids` as they are written; `AbandonedError` once nobody wants them."""
        tokens = _Tokens(cancelled)
        try:
            yield from tokens.of(self._writer.submit(self._generate, ids, longest, adapter, tokens))
        finally:
            tokens.left.set()

    def _text(self, written: Sequence[int]) -> str:
        text = self.tokenizer.decode(written, skip_special_tokens=True)
        if self.tokenizer.chat_template == DEFAULT_TEMPLATE:
            text = text.split(DEFAULT_STOP)[0]
        return text.strip()

    def _generate(self, ids: list[int], longest: int, adapter: str | None, tokens: _Tokens) -> None:
        """Write in the model's own thread; `tokens` gets each token, and says when to stop."""
        from transformers import StoppingCriteriaList

        if tokens.unwanted():
            return
        with self._torch.inference_mode(), quiet_transformers():
            chosen = self._choose(adapter)  # before `self._model` is read: loading may replace it
            rows = self._torch.tensor([ids])
            self._model.generate(
                input_ids=rows,
                attention_mask=self._torch.ones_like(rows),
                max_new_tokens=longest,
                do_sample=False,
                pad_token_id=self._padding(),
                stopping_criteria=StoppingCriteriaList([lambda *_, **__: tokens.unwanted()]),
                streamer=tokens,
                **chosen,
            )

    def _padding(self) -> int | None:
        own = self.tokenizer.pad_token_id
        return self.tokenizer.eos_token_id if own is None else own

    def _count(self, messages: list[Message]) -> int:
        return len(encode_chat(self.tokenizer, messages))

    def _choose(self, adapter: str | None) -> dict[str, list[str]]:
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


def settled(text: str) -> str:
    """Return the beginning of a growing text that no further token changes: all before its last word.

    A tokenizer may take back a blank before a punctuation mark, and shows half a character as a replacement.
    """
    before, *last = text.rsplit(maxsplit=1) or [""]
    return before if last else ""


class _Tokens:
    """The tokens of one continuation, handed from the model's thread to the one that reads them.

    It is what transformers calls a streamer: the prompt is put first, then each token, then the end.
    """

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.left = threading.Event()  # who read does so no more
        self._cancelled = cancelled
        self._queue: SimpleQueue[int | None] = SimpleQueue()
        self._prompt_was_put = False

    def put(self, value: torch.Tensor) -> None:
        """Take the prompt, then a token."""
        if self._prompt_was_put:
            self._queue.put(int(value.reshape(-1)[-1]))
        self._prompt_was_put = True

    def end(self) -> None:
        """Take that there are no more: who reads learns it from the end of the work."""

    def unwanted(self) -> bool:
        """Return whether nobody waits for the next token."""
        return self.left.is_set() or self._cancelled()

    def of(self, work: Future[None]) -> Iterator[int]:
        """Yield the tokens of that work; raise what it raised, and `AbandonedError` once nobody wants them."""
        work.add_done_callback(lambda _: self._queue.put(None))
        while True:
            if self._cancelled():
                work.cancel()
                raise AbandonedError("Nobody waits for the answer any more.")
            try:
                token = self._queue.get(timeout=_LOOK_S)
            except Empty:
                continue
            if token is None:
                work.result()
                return
            yield token
