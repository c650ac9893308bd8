"""Answers from a local causal language model of transformers, with PEFT adapters chosen per request.

PEFT's active adapter is global state: switching it while another request generates mixes the two. It is never switched
here; each call names the adapter of its own rows, and calls take turns.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.answer import AbandonedError, Draft, Task
from generator.chat import DEFAULT_STOP, DEFAULT_TEMPLATE, alternating, template_use, usable_template
from generator.prompt import Context, Message, fit
from generator.settings import GeneratorSettings
from retriever.models.quiet import quiet_transformers
from store.errors import ConflictError, DamagedError

_NO_ADAPTER = "__base__"
_ADAPTER_FILES = {"adapter_config.json", "adapter_model.safetensors"}
_MAX_RANK = 256
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
                self._model.load_adapter(str(folder), adapter_name=adapter)
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
            self._model.delete_adapter(oldest)


def _go_on(task: Task) -> None:
    if task.cancelled():
        raise AbandonedError("Nobody waits for the answer any more.")


def load_causal(folder: Path) -> tuple[Any, Any]:
    """Return tokenizer and model of a local folder, in float32 on the CPU; no remote code, no pickle.

    The tokenizer has a chat template that takes a system text, see `generator.chat`. Raises `ConflictError` that names
    the model and what is wrong with it if it cannot be used.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            tokenizer.chat_template = usable_template(tokenizer.chat_template)
            model = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
            )
    except ConflictError as error:
        raise _unusable(folder, error.message) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, SafetensorError) as error:
        raise _unusable(folder, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
    return tokenizer, model.eval()


def _unusable(folder: Path, reason: str) -> ConflictError:
    return ConflictError(f"The base model {folder.name} cannot be used: {reason}.", code="unusable_base_model")


def context_length(tokenizer: Any, config: Any) -> int:
    """Return how many tokens a model takes: what its configuration says, else its tokenizer, else 2048."""
    configured = getattr(config.get_text_config(), "max_position_embeddings", None)
    own = configured or tokenizer.model_max_length
    return int(own) if own and own < 10**9 else 2048  # tokenizers write 10^30 for "no limit"


def encode_chat(tokenizer: Any, messages: list[Message]) -> list[int]:
    """Return the token ids of a chat up to where the assistant begins; control tokens in the content become text."""
    from jinja2 import TemplateError

    clean = plain_messages(tokenizer, messages)
    try:
        rendered = tokenizer.apply_chat_template(clean, tokenize=False, add_generation_prompt=True)
    except TemplateError:  # of a history in which the roles do not take turns
        try:
            rendered = tokenizer.apply_chat_template(alternating(clean), tokenize=False, add_generation_prompt=True)
        except TemplateError as error:
            message = f"The chat template of the base model cannot write this conversation: {error}."
            raise ConflictError(message, code="unusable_base_model") from error
    return list(tokenizer(rendered, add_special_tokens=False)["input_ids"])


def plain_messages(tokenizer: Any, messages: list[Message]) -> list[Message]:
    """Return the messages with every control token of the tokenizer broken by a blank, so that it is only text.

    Otherwise a document that contains `<|im_end|>` could end its own message and speak in another role.
    """
    # A tokenizer may know control tokens that its configuration does not name: Llama 3's are only in its vocabulary.
    added = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    controls = [token for token in {*tokenizer.all_special_tokens, *added} if len(token) > 1]

    def clean(text: str) -> str:
        for token in controls:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    return [{"role": message["role"], "content": clean(message["content"])} for message in messages]


def check_adapter(folder: Path) -> None:
    """Raise `DamagedError` unless the folder holds a plain LoRA adapter with finite weights and nothing else."""
    from safetensors import safe_open

    found = {path.name for path in folder.iterdir()} - {"MANIFEST.json"}
    if found != _ADAPTER_FILES:
        raise DamagedError(f"The adapter {folder.name} must hold {sorted(_ADAPTER_FILES)}, it holds {sorted(found)}.")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    ranks, modules = [config.get("r"), *(config.get("rank_pattern") or {}).values()], config.get("target_modules")
    if config.get("peft_type") != "LORA" or not all(isinstance(r, int) and 1 <= r <= _MAX_RANK for r in ranks):
        raise DamagedError(f"The adapter {folder.name} is no LoRA of rank 1 to {_MAX_RANK}.")
    if not isinstance(modules, list):  # a string would be used as a regular expression
        raise DamagedError(f"The adapter {folder.name} does not list its target modules.")
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118  (not a mapping)
            if not bool(tensors.get_tensor(name).isfinite().all()):
                raise DamagedError(f"The adapter {folder.name} has weights that are not finite in {name}.")
