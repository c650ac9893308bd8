"""Conversations as token ids: the same for serving and for training, whatever a document holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from generator.chat import alternating
from generator.prompt import Message
from store.errors import ConflictError


class AddedToken(Protocol):
    """A token that a tokenizer knows beside its vocabulary."""

    content: str
    special: bool


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    chat_template: str
    model_max_length: int
    pad_token_id: int | None
    eos_token_id: int | None

    @property
    def all_special_tokens(self) -> Sequence[str]:
        """The control tokens that the configuration names."""
        ...

    @property
    def added_tokens_decoder(self) -> Mapping[int, AddedToken]:
        """The tokens beside the vocabulary, by id."""
        ...

    def __call__(self, text: str, *, add_special_tokens: bool) -> Mapping[str, list[int]]:
        """Return the ids of a text as `input_ids`."""
        ...

    def apply_chat_template(self, messages: list[Message], *, tokenize: bool, add_generation_prompt: bool) -> str:
        """Return a conversation as text."""
        ...

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        """Return the text of ids."""
        ...


def encode_chat(tokenizer: Tokenizer, messages: list[Message]) -> list[int]:
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


def plain_messages(tokenizer: Tokenizer, messages: list[Message]) -> list[Message]:
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
