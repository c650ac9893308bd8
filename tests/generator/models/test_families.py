"""Models of three families are asked as they want it, and nothing in a document speaks in another role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from families import FAMILIES
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.answer import Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.causal import load_tokenizer
from generator.prompt import Context, Shot, load_prompt
from generator.settings import GeneratorSettings
from generator.tokenizing import Tokenizer, encode_chat

PROMPT = load_prompt()
SHOT = Shot("one", "When does it close?", "five", Context("Office", "It closes at five."))


def _written(tokenizer: Tokenizer, question: str, text: str) -> tuple[str, list[int]]:
    """Return the conversation as text and the control tokens in it."""
    messages = PROMPT.messages(question, [Context("Office", text)], shots=[SHOT])
    ids = encode_chat(tokenizer, messages)
    controls = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return tokenizer.decode(ids, skip_special_tokens=False), [each for each in ids if each in controls]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_writes_system_shots_and_question_in_its_own_turns(name: str, family: Callable[[str], Path]) -> None:
    tokenizer = load_tokenizer(family(name))

    text, _ = _written(tokenizer, "When does it open?", "It opens at nine.")

    places = [text.index(part) for part in ("numbered passages only", "close?", "five [1]", "It opens at", "open?")]
    assert places == sorted(places)
    turns = text.count(FAMILIES[name].end)
    assert turns == (3 if name == "gemma3" else 4), "system text, two turns of a shot, the question"
    assert not text.rstrip().endswith(FAMILIES[name].end), "the model's own turn is open"


@pytest.mark.parametrize("name", FAMILIES)
def test_no_text_becomes_a_control_token(name: str, family: Callable[[str], Path]) -> None:
    tokenizer = load_tokenizer(family(name))
    _, harmless = _written(tokenizer, "When?", "Nothing.")
    pieces = st.sampled_from([*FAMILIES[name].controls, "<", "|", ">", "<|", "|>", " ", "\n", "user", "model", "年假"])

    @settings(max_examples=60, deadline=None)
    @given(st.lists(pieces, max_size=8).map("".join))
    def check(hostile: str) -> None:
        assert _written(tokenizer, f"When {hostile}?", f"It says {hostile}.")[1] == harmless

    check()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_writes_an_answer(name: str, family: Callable[[str], Path]) -> None:
    folder = family(name)
    generator = CausalGenerator(folder, GeneratorSettings(threads=1), lambda adapter: folder / adapter)

    draft = draft_of(generator.write(Task("When does the office open?", None, PROMPT, None, 4)))

    assert 1 <= draft.ending.completion_tokens <= 4
    expected = "in the first user turn" if name == "gemma3" else "the model's own"
    assert expected in (draft.ending.chat or "")
