"""The causal generator writes out questions: within its limit, as the base model, as long as it is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.backends.transformers import CausalGenerator
from generator.followups.rewriting import Rewriter, request
from generator.prompt import Message
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat

_HISTORY: list[Message] = [{"role": "user", "content": "When does the office open on Mondays?"}]
_MESSAGES = request("And on Fridays?", _HISTORY)


@pytest.fixture
def generator(tiny_model: Path) -> CausalGenerator:
    return CausalGenerator(tiny_model, GeneratorSettings(threads=1), lambda _: Path("absent"))


def test_a_question_is_written_out_in_at_most_so_many_tokens(generator: CausalGenerator) -> None:
    assert isinstance(generator, Rewriter)

    short, long = (generator.rewrite(_MESSAGES, tokens, lambda: False) for tokens in (2, 12))

    assert short is not None
    assert long is not None
    assert long.startswith(short)
    assert len(encode_chat(generator.tokenizer, [{"role": "user", "content": short}])) < len(
        encode_chat(generator.tokenizer, [{"role": "user", "content": long}])
    )


def test_who_does_not_wait_gets_none_and_the_next_one_a_text(generator: CausalGenerator) -> None:
    assert generator.rewrite(_MESSAGES, 12, lambda: True) is None
    assert generator.rewrite(_MESSAGES, 12, lambda: False) is not None
