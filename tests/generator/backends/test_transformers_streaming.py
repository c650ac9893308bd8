"""The causal generator writes in pieces: together they are what the model wrote, and none is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from generator.answer import Ending, Task
from generator.backends.transformers import CausalGenerator, settled
from generator.causal import load_causal
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat

TOKENS = 40


@pytest.fixture(scope="module")
def generator(tiny_model: Path, adapters: Path) -> CausalGenerator:
    return CausalGenerator(tiny_model, GeneratorSettings(threads=1), lambda adapter: adapters / adapter)


def _task(question: str) -> Task:
    return Task(question, None, load_prompt(), None, TOKENS)


@pytest.mark.parametrize("question", ["When does the office open?", "Who signs the book?", "带薪年假有多少天？"])
def test_the_pieces_are_what_the_model_writes_at_once(
    generator: CausalGenerator, tiny_model: Path, question: str
) -> None:
    tokenizer, model = load_causal(tiny_model)
    ids = encode_chat(tokenizer, load_prompt().messages(question, None))
    with torch.inference_mode():
        output = model.generate(input_ids=torch.tensor([ids]), max_new_tokens=TOKENS, do_sample=False)
    written = output[0, len(ids) :].tolist()

    *pieces, last = generator.write(_task(question))

    assert (
        "".join(piece.text for piece in [*pieces, last]) == tokenizer.decode(written, skip_special_tokens=True).strip()
    )
    assert isinstance(last.ending, Ending)
    assert (last.ending.prompt_tokens, last.ending.completion_tokens) == (len(ids), len(written))
    assert all(piece.text and piece.ending is None for piece in pieces)


def test_the_first_piece_comes_before_the_last_token(generator: CausalGenerator) -> None:
    pieces = list(generator.write(_task("When does the office open?")))

    assert len(pieces) > 2


def test_the_model_is_free_for_the_next_one_once_a_reader_leaves(generator: CausalGenerator) -> None:
    whole = [piece.text for piece in generator.write(_task("When does the office open?"))]

    left = generator.write(_task("When does the office open?"))
    assert next(left).text == whole[0]
    left.close()  # type: ignore[attr-defined]

    assert [piece.text for piece in generator.write(_task("When does the office open?"))] == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("word", ""),
        ("one two", "one"),
        ("one  two", "one"),
        ("one two .", "one two"),  # the blank before the mark may go
        ("one\n\ntwo three", "one\n\ntwo"),
        ("one \ufffd", "one"),  # half a character
        ("港口的夜班", ""),
    ],
)
def test_what_the_next_token_may_change_is_held_back(text: str, expected: str) -> None:
    assert settled(text) == expected
