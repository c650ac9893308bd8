"""Answers from an OpenAI-compatible server: vLLM, Ollama, llama.cpp, a cloud.

Adapters go by their ids there. One that the server does not list is loaded into it where it allows that, and used only
if the server's model is the base model that the adapter was trained on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

from generator.answer import AbandonedError, Ending, Piece, Task
from generator.backends.model_server import Chunk, ModelServer
from generator.failing import WriterError
from generator.prompt import Context, Message, Wish, fit
from generator.settings import GeneratorSettings
from retriever.text.analysis import is_cjk
from store.errors import ConflictError
from store.json_values import Json, JsonObject

_CHARACTERS = 3  # of Latin text that a token has at least, on average; a Chinese one may be one each
_AROUND = 8  # tokens that a template puts around a message
_DECISIVE = ("*.safetensors", "config.json", "tokenizer.json")  # what makes two folders the same model


class ServerGenerator:
    """A model behind an OpenAI-compatible server. Safe to use from many threads."""

    name = "openai"

    def __init__(self, settings: GeneratorSettings, base: Path | None, adapter_folder: Callable[[str], Path]) -> None:
        check_settings(settings)
        self._settings = settings
        self._base = base
        self._adapter_folder = adapter_folder
        self._server = ModelServer(settings.server)
        self._sound: set[str] = set()  # adapters whose base model was compared

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the server's continuation of the conversation, decoded greedily, as it comes."""
        model = self._settings.server.model if task.adapter is None else self._adapter(task.adapter)
        contexts = None if task.hits is None else [Context(hit.passage.heading, hit.passage.body) for hit in task.hits]
        budget = max(1, self._settings.server.context - task.max_new_tokens)
        wish = Wish(task.question, contexts, task.history, task.shots, task.shot_tokens)
        fitted = fit(task.prompt, wish, estimated_tokens, budget)
        counts, begun = [0, 0], False
        for chunk in self._chunks(str(model), fitted.messages, task.max_new_tokens, task.cancelled):
            counts = [max(counts[0], chunk.prompt_tokens), max(counts[1], chunk.completion_tokens)]
            text = chunk.text if begun else chunk.text.lstrip()
            begun = begun or bool(text)
            if text:
                yield Piece(text)
        told = Ending(counts[0], counts[1], fitted.messages, chat="the server's")
        yield Piece("", replace(told, shots=fitted.shots, left_out=fitted.left_out))

    def close(self) -> None:
        """See `generator.answer.Closable`."""
        self._server.close()

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        """Return the server's reply to the messages, or None once `cancelled` says so, or if the server fails."""
        try:
            chunks = self._chunks(str(self._settings.server.model), messages, longest, cancelled)
            return "".join(chunk.text for chunk in chunks).strip()
        except (AbandonedError, WriterError):
            return None

    def _chunks(
        self, model: str, messages: list[Message], longest: int, cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        listed: list[Json] = [dict(message) for message in messages]
        body: JsonObject = {
            "model": model,
            "messages": listed,
            "max_tokens": longest,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return self._server.write(body, time.monotonic() + self._settings.answer_s, cancelled)

    def _adapter(self, key: str) -> str:
        """Return the server's name of an adapter, loaded there if it was not."""
        rows = self._rows()
        base = rows.get(str(self._settings.server.model), {})
        if key not in self._sound:
            self._check_base(base)
            if key not in rows:
                self._load(key)
                rows = self._rows()
            parent = rows.get(key, {}).get("parent")
            if parent not in (self._settings.server.model, base.get("root")):
                message = (
                    f"The model server's adapter {key} belongs to {parent!r}, not to {self._settings.server.model!r}"
                )
                raise ConflictError(f"{message} (generator.server.model).", code="wrong_base_model")
            self._sound.add(key)
        elif key not in rows:  # the server was started again
            self._load(key)
        return key

    def _rows(self) -> dict[str, JsonObject]:
        listed = self._server.call("/models")
        rows = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(rows, list):
            raise WriterError("The model server does not list its models.")
        return {str(row.get("id")): row for row in rows if isinstance(row, dict)}

    def _load(self, key: str) -> None:
        folder = self._adapter_folder(key)
        try:
            self._server.call("/load_lora_adapter", {"lora_name": key, "lora_path": str(folder)})
        except WriterError as error:
            way = f"start it so that it may (vLLM: --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1), or with {key}"
            message = f"The model server does not load the adapter {key}: {way}={folder}. {error.message}"
            raise WriterError(message, code="adapter_not_loaded") from error

    def _check_base(self, row: JsonObject) -> None:
        """Raise `ConflictError` unless the server's model is the base model that is configured here."""
        model, root = self._settings.server.model, row.get("root")
        if self._base is None or not isinstance(root, str) or not _same_model(Path(root), self._base):
            given = f"{model!r}, from {root!r}" if row else f"no model {model!r}"
            raise ConflictError(
                f"The model server serves {given}; adapters need the one that they were trained on, {self._base} "
                "(generator.base_model): start it with that folder.",
                code="wrong_base_model",
            )


def check_settings(settings: GeneratorSettings) -> None:
    """Raise `ConflictError` unless a server is configured."""
    if settings.server.url is None or settings.server.model is None:
        message = "No model server is configured: set generator.server.url and generator.server.model, and restart."
        raise ConflictError(message, code="no_model_server")


def estimated_tokens(messages: list[Message]) -> int:
    """Return about how many tokens a conversation has, rather too many than too few: the server has the tokenizer."""
    text = "".join(message["content"] for message in messages)
    wide = sum(map(is_cjk, text))
    return wide + (len(text) - wide) // _CHARACTERS + _AROUND * len(messages)


def _same_model(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same model: they are one, or their decisive files are equal."""
    if one.resolve() == other.resolve():
        return True
    names = [{path.name for pattern in _DECISIVE for path in folder.glob(pattern)} for folder in (one, other)]
    return bool(names[0]) and names[0] == names[1] and all(_digest(one / n) == _digest(other / n) for n in names[0])


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()
