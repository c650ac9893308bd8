"""Arms: which of them a release can serve, and answers of a language model with and without passages and adapters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader
from handbook import ASKED, BY_WORDS, LEAVE, pin

from generator.answering import Question
from generator.arms import SERVED
from generator.engine import Engine
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.domains import get_domain
from store.errors import ConflictError, DamagedError, InvalidInputError
from store.jobs import claim_job, create_job
from store.lineage import Lineage, PromptReference
from store.models import Model, NewModel, publish_model
from store.store import Store


@pytest.fixture
def modelled(store: Store, tiny_model: Path) -> Iterator[Engine]:
    """An engine that writes with the tiny model, with one document."""
    settings = GeneratorSettings(base_model=tiny_model, max_new_tokens=4, threads=1)
    opened = Engine(store, RetrieverSettings(), settings, HashEncoder(), WordReader())
    opened.create_domain("handbook")
    opened.add("handbook", "leave.txt", LEAVE)
    pin(opened, thresholds=BY_WORDS)
    yield opened
    opened.close()


def publish(engine: Engine, adapter: Path, trained: str, prompt: PromptReference | None = None) -> Model:
    assert engine.base_model is not None
    domain_id = get_domain(engine.store, "handbook").id
    create_job(engine.store, "tune_generator", domain_id, {})
    claimed = claim_job(engine.store)
    assert claimed is not None
    lineage = Lineage(trained=trained, prompt=prompt)
    model = NewModel("adapter", domain_id, engine.base_model.id, lineage, {}, {})

    def fill(folder: Path) -> None:
        shutil.copytree(adapter, folder, dirs_exist_ok=True)

    return publish_model(engine.store, claimed[1], model, fill)


def test_serving_is_checked_without_a_question(modelled: Engine, adapters: Path) -> None:
    manifest = modelled.pin("handbook").manifest
    model = publish(modelled, adapters / "one", "with_context")
    tuned = manifest.model_copy(update={"adapter": model.id})

    assert modelled.answerer.serve(manifest, "rag") == (SERVED["rag"], None)
    assert modelled.answerer.serve(tuned, "combined") == (SERVED["combined"], model.id)
    assert modelled.answerer.serve(tuned, "base") == (SERVED["base"], None)
    with pytest.raises(ConflictError) as caught:
        modelled.answerer.serve(tuned.model_copy(update={"base_model": "mdl_other"}), "combined")
    assert (caught.value.code, caught.value.param) == ("arm_unavailable", "arm")


def test_an_adapter_is_served_with_the_prompt_that_it_was_trained_with(modelled: Engine, adapters: Path) -> None:
    manifest = modelled.pin("handbook").manifest
    old = load_prompt("v1").reference
    model = publish(modelled, adapters / "one", "closed_book", prompt=old)

    asked_alike = manifest.model_copy(update={"adapter": model.id, "prompt": old})
    assert modelled.answerer.serve(asked_alike, "tuned") == (SERVED["tuned"], model.id)
    with pytest.raises(ConflictError, match=r"the prompt v1 of its adapter; this release has v2.*prompt\.name=v1"):
        modelled.answerer.serve(manifest.model_copy(update={"adapter": model.id}), "tuned")


def test_an_unknown_arm_is_refused_with_those_that_exist(filled: Engine) -> None:
    with pytest.raises(InvalidInputError, match=r"'magic'.*base, rag, tuned, tuned\+rag, combined") as caught:
        filled.ask("handbook", Question(ASKED, arm="magic"))

    assert caught.value.param == "arm"


@pytest.mark.parametrize(
    ("arm", "missing"),
    [
        ("base", "a language model; this release quotes passages"),
        ("tuned", "a language model; this release quotes passages"),
        ("tuned+rag", "an adapter trained closed_book; this release has none"),
        ("combined", "an adapter trained with_context; this release has none"),
    ],
)
def test_an_arm_that_an_extractive_release_cannot_serve_is_refused_naming_what_is_missing(
    filled: Engine, arm: str, missing: str
) -> None:
    with pytest.raises(ConflictError) as caught:
        filled.ask("handbook", Question(ASKED, arm=arm))

    assert caught.value.message.startswith(f"The arm {arm!r} needs {missing}.")
    assert "`tandem " in caught.value.message  # the way out
    assert (caught.value.code, caught.value.param) == ("arm_unavailable", "arm")


def test_a_language_model_is_given_the_prompt_with_passages_and_history(modelled: Engine) -> None:
    history = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello!"}]

    answer = modelled.ask("handbook", Question(ASKED, history=history))

    assert (answer.generator, answer.arm, answer.adapter) == ("transformers", "rag", None)
    messages = answer.explain["prompt"]
    assert messages[1:3] == history
    assert messages[-1]["content"] == f"[1] leave\n{LEAVE}\n\nQuestion: {ASKED}"
    assert answer.prompt_tokens > 0
    assert 0 < answer.completion_tokens <= 4


def test_the_base_arm_answers_without_passages_and_citations(modelled: Engine) -> None:
    answer = modelled.ask("handbook", Question(ASKED, arm="base"))

    assert (answer.arm, answer.hits, answer.citations, answer.evidence) == ("base", [], [], None)
    assert answer.explain["prompt"] == load_prompt().messages(ASKED, None)
    assert answer.explain["retrieval"] is None
    assert answer.release == get_domain(modelled.store, "handbook").release
    assert answer.index_seq == 1


@pytest.mark.parametrize(
    ("trained", "served", "refused"),
    [
        ("with_context", ["base", "rag", "combined"], ["tuned", "tuned+rag"]),
        ("closed_book", ["base", "rag", "tuned", "tuned+rag"], ["combined"]),
    ],
)
def test_a_release_serves_the_arms_that_its_adapter_was_trained_for(
    modelled: Engine, adapters: Path, trained: str, served: list[str], refused: list[str]
) -> None:
    model = publish(modelled, adapters / "one", trained)
    pin(modelled, adapter=model.id)

    for arm in served:
        answer = modelled.ask("handbook", Question(ASKED, arm=arm))
        assert answer.adapter == (None if SERVED[arm].trained is None else model.id)
        assert bool(answer.hits) == SERVED[arm].passages
    for arm in refused:
        with pytest.raises(ConflictError, match=f"that of this release was trained {trained}"):
            modelled.ask("handbook", Question(ASKED, arm=arm))


def test_an_adapter_changes_what_is_written_and_not_what_the_base_writes(modelled: Engine, adapters: Path) -> None:
    before = modelled.ask("handbook", Question(ASKED, arm="base")).explain["draft"]
    pin(modelled, adapter=publish(modelled, adapters / "one", "closed_book").id)

    tuned = modelled.ask("handbook", Question(ASKED, arm="tuned")).explain["draft"]
    after = modelled.ask("handbook", Question(ASKED, arm="base")).explain["draft"]

    assert before == after != tuned


def test_an_adapter_that_was_changed_on_disk_is_not_served(modelled: Engine, adapters: Path) -> None:
    model = publish(modelled, adapters / "one", "closed_book")
    pin(modelled, adapter=model.id)
    path = modelled.store.folder.root / model.path / "adapter_model.safetensors"
    path.write_bytes((adapters / "two" / path.name).read_bytes())

    with pytest.raises(DamagedError, match="adapter_model"):
        modelled.ask("handbook", Question(ASKED, arm="tuned"))


def test_a_release_of_another_base_model_is_refused_by_name(modelled: Engine) -> None:
    pinned = modelled.pin("handbook")
    other = replace(pinned, manifest=pinned.manifest.model_copy(update={"base_model": "mdl_other"}))

    with pytest.raises(ConflictError, match="mdl_other") as caught:
        modelled.answerer.answer(other, Question(ASKED))

    assert caught.value.code == "wrong_base_model"


def test_without_passages_nothing_is_searched_for_or_read(modelled: Engine) -> None:
    explain = modelled.ask("handbook", Question(ASKED, arm="base")).explain

    assert (explain["searched_for"], explain["span"], explain["evidence"]["estimate"]) == (None, None, None)
