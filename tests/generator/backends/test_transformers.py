"""The causal generator: adapters per request, over one model that many threads share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from adapter_files import edit, spoil_weights

from generator.answer import Draft, Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat
from retriever.search.search import Hit
from store.errors import DamagedError

Open = Callable[..., CausalGenerator]
QUESTIONS = ("When does the office open?", "年假有多少天？")
CHOICES = [(adapter, question) for adapter in (None, "one", "two") for question in QUESTIONS]


def _task(adapter: str | None, question: str = QUESTIONS[0], **options: Any) -> Task:
    return Task(question, options.pop("hits", None), load_prompt(), adapter, options.pop("tokens", 8), **options)


@pytest.fixture
def open_model(tiny_model: Path, adapters: Path) -> Open:
    """Open a generator over the tiny model; the adapters are those of the session, or below `folder`."""

    def open_generator(folder: Path = adapters, **settings: Any) -> CausalGenerator:
        return CausalGenerator(tiny_model, GeneratorSettings(threads=1, **settings), lambda adapter: folder / adapter)

    return open_generator


@pytest.fixture(scope="session")
def solo(tiny_model: Path, adapters: Path) -> dict[tuple[str | None, str], Draft]:
    """What each adapter writes in a generator that never loaded another."""
    drafts = {}
    for adapter in (None, "one", "two"):
        generator = CausalGenerator(tiny_model, GeneratorSettings(threads=1), lambda name: adapters / name)
        for question in QUESTIONS:
            drafts[adapter, question] = draft_of(generator.write(_task(adapter, question)))
    return drafts


def test_base_and_adapters_write_different_texts(solo: dict[tuple[str | None, str], Draft]) -> None:
    assert len({draft.text for draft in solo.values()}) == len(CHOICES)
    assert all(draft.text for draft in solo.values())


def test_requests_of_many_threads_get_what_their_own_adapter_writes(
    open_model: Open, solo: dict[tuple[str | None, str], Draft]
) -> None:
    generator = open_model()

    def work(thread: int) -> list[tuple[tuple[str | None, str], Draft]]:
        mine = [CHOICES[(thread + step) % len(CHOICES)] for step in range(5)]
        return [
            ((adapter, question), draft_of(generator.write(_task(adapter, question)))) for adapter, question in mine
        ]

    with ThreadPoolExecutor(4) as pool:
        written = [pair for pairs in pool.map(work, range(4)) for pair in pairs]

    assert len(written) == 20
    assert {choice for choice, _ in written} == set(CHOICES)
    for choice, draft in written:
        assert draft == solo[choice]


def test_the_base_writes_the_same_after_adapters_were_loaded(
    open_model: Open, solo: dict[tuple[str | None, str], Draft]
) -> None:
    generator = open_model()

    drafts = [draft_of(generator.write(_task(adapter))) for adapter in (None, "one", None, "two", None)]

    assert drafts == [solo[adapter, QUESTIONS[0]] for adapter in (None, "one", None, "two", None)]


@pytest.mark.parametrize("kept", [1, 2])
def test_adapters_beyond_the_limit_are_dropped_and_loaded_again(
    open_model: Open, solo: dict[tuple[str | None, str], Draft], adapters: Path, tmp_path: Path, kept: int
) -> None:
    for name in ("one", "two"):
        shutil.copytree(adapters / name, tmp_path / "adapters" / name)
    shutil.copytree(adapters / "one", tmp_path / "adapters" / "three")
    generator = open_model(tmp_path / "adapters", max_adapters=kept)
    order = ["one", "two", None, "one", "three", "three", "two", None]

    drafts = [draft_of(generator.write(_task(adapter))) for adapter in order]

    same = {"three": "one"}
    assert drafts == [solo[same.get(adapter or "", adapter), QUESTIONS[0]] for adapter in order]


def test_an_adapter_in_memory_needs_its_folder_no_more(open_model: Open, damaged: Path) -> None:
    generator = open_model(damaged.parent)
    first = draft_of(generator.write(_task("one")))

    shutil.rmtree(damaged)

    assert draft_of(generator.write(_task("one"))) == first


@pytest.mark.parametrize("before", [None, "two"])
def test_an_adapter_that_does_not_fit_the_model_leaves_no_trace(
    open_model: Open,
    solo: dict[tuple[str | None, str], Draft],
    adapters: Path,
    damaged: Path,
    before: str | None,
) -> None:
    shutil.copytree(adapters / "two", damaged.parent / "two")
    spoil_weights(damaged, lambda weights: weights[:, :-1])
    generator = open_model(damaged.parent)
    draft_of(generator.write(_task(before)))

    for _ in range(2):
        with pytest.raises(DamagedError, match="does not fit the base model"):
            draft_of(generator.write(_task("one")))

    assert draft_of(generator.write(_task(None))) == solo[None, QUESTIONS[0]]
    assert draft_of(generator.write(_task("two"))) == solo["two", QUESTIONS[0]]


def test_a_draft_counts_its_tokens_and_keeps_its_messages(open_model: Open, hit: Callable[..., Hit]) -> None:
    generator = open_model()
    task = _task(None, hits=[hit("The office opens at nine.")], history=[{"role": "user", "content": "Hello."}])

    draft = draft_of(generator.write(task))

    assert draft.ending.messages is not None
    assert [message["role"] for message in draft.ending.messages] == ["system", "user", "user"]
    assert "[1] \nThe office opens at nine." in draft.ending.messages[-1]["content"]
    assert draft.ending.prompt_tokens == len(encode_chat(generator.tokenizer, draft.ending.messages))
    assert draft.ending.completion_tokens == 8


def test_passages_that_do_not_fit_the_context_are_left_out_from_the_end(
    open_model: Open, hit: Callable[..., Hit]
) -> None:
    draft = draft_of(
        open_model().write(_task(None, hits=[hit(f"Passage {number}. " + "leave " * 60) for number in range(6)]))
    )

    assert draft.ending.messages is not None
    content = draft.ending.messages[-1]["content"]
    assert "Passage 0." in content
    assert "Passage 5." not in content
    assert draft.ending.prompt_tokens + draft.ending.completion_tokens <= 512


def test_a_question_longer_than_the_context_is_cut_at_its_beginning(open_model: Open) -> None:
    draft = draft_of(open_model().write(_task(None, "office " * 2000)))

    assert draft.ending.prompt_tokens == 512 - 8


def test_more_new_tokens_than_the_context_holds_leave_half_of_it_to_the_prompt(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 64}), encoding="utf-8")
    generator = CausalGenerator(folder, GeneratorSettings(threads=1), lambda adapter: folder / adapter)

    draft = draft_of(generator.write(_task(None, tokens=4096)))

    assert draft.ending.prompt_tokens == 32
    assert 0 < draft.ending.completion_tokens <= 32


def test_a_refused_adapter_is_not_loaded(open_model: Open, damaged: Path) -> None:
    edit(damaged, r=100_000)

    with pytest.raises(DamagedError):
        draft_of(open_model(damaged.parent).write(_task("one")))
