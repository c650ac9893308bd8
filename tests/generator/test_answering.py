"""Answering under a pinned release: arms, abstention, streaming, and what an answer rests on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import HashEncoder, WordReader

from generator.answer import Answer, Draft, Task
from generator.answering import ARMS, Answerer, Pinned, Question
from generator.engine import Engine
from generator.extractive import ExtractiveGenerator
from generator.manifest import changed_manifest
from generator.prompt import Message, load_prompt
from generator.settings import GeneratorSettings
from retriever.filters import Comparison
from retriever.reader import Reading
from retriever.settings import RetrieverSettings
from store.domains import get_domain
from store.errors import ConflictError, DamagedError, InvalidInputError
from store.jobs import claim_job, create_job
from store.models import Model, NewModel, get_model, publish_model
from store.releases import create_release, promote
from store.store import Store

_LEAVE = "Employees receive 25 days of annual leave. Unused days expire in March."
_ASKED = "Employees receive annual leave?"
# Only the words of a question count here: the cosines of `HashEncoder` are random.
_NO_CHINESE = {"chinese": 0.0, "chinese_coverage": 0.0}
_BY_WORDS = {"evidence": 0.35, "weights": {"bias": -3.0, "reading": 0.0, "coverage": 6.0, "cosine": 0.0, **_NO_CHINESE}}


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The engine with two documents."""
    engine.add("handbook", "leave.txt", _LEAVE)
    engine.add("handbook", "office.md", "# Office\n\n办公室早上九点开门。\n")
    _pin(engine, thresholds=_BY_WORDS)
    return engine


@pytest.fixture
def modelled(store: Store, tiny_model: Path) -> Iterator[Engine]:
    """An engine that writes with the tiny model, with one document."""
    settings = GeneratorSettings(base_model=tiny_model, max_new_tokens=4, threads=1)
    opened = Engine(store, RetrieverSettings(), settings, HashEncoder(), WordReader())
    opened.create_domain("handbook")
    opened.add("handbook", "leave.txt", _LEAVE)
    _pin(opened, thresholds=_BY_WORDS)
    yield opened
    opened.close()


def _pin(engine: Engine, **changes: Any) -> Pinned:
    """Promote the release with these changes and pin it."""
    pinned = engine.pin("handbook")
    manifest = changed_manifest(pinned.manifest, changes)
    promote(engine.store, create_release(engine.store, pinned.domain_id, manifest).id, forced=False, reason="test")
    return engine.pin("handbook")


def _publish(engine: Engine, adapter: Path, trained: str) -> Model:
    assert engine.base_model is not None
    domain_id = get_domain(engine.store, "handbook").id
    create_job(engine.store, "tune_generator", domain_id, {})
    claimed = claim_job(engine.store)
    assert claimed is not None
    model = NewModel("adapter", domain_id, engine.base_model.id, {"trained": trained}, {}, {})

    def fill(folder: Path) -> None:
        shutil.copytree(adapter, folder, dirs_exist_ok=True)

    return publish_model(engine.store, claimed[1], model, fill)


def test_an_answer_names_what_it_rests_on(filled: Engine) -> None:
    answer = filled.ask("handbook", _ASKED)

    assert answer.answer == "Employees receive 25 days of annual leave. [1]"
    assert (answer.arm, answer.generator, answer.adapter, answer.abstained) == ("rag", "extractive", None, False)
    assert answer.release == get_domain(filled.store, "handbook").release
    assert answer.index_seq == 2
    assert answer.evidence is not None
    assert answer.evidence > 0.35
    assert set(answer.timings_ms) == {"retrieval", "reading", "generation", "citations"}
    assert min(answer.timings_ms.values()) >= 0
    assert answer.hits[0].passage.external_id == "leave.txt"


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which colour has the moon?", "The documents do not say."),
        ("月亮是什么颜色？", "文档中没有说明。"),
    ],
)
def test_below_the_threshold_it_abstains_in_the_language_of_the_question(
    filled: Engine, question: str, sentence: str
) -> None:
    answer = filled.ask("handbook", question)

    assert (answer.answer, answer.abstained, answer.citations) == (sentence, True, [])
    assert answer.evidence is not None
    assert answer.evidence < 0.35
    assert answer.explain["abstained_for"] == "the evidence estimate is below the threshold"
    assert answer.release
    assert answer.index_seq == 2


def test_the_threshold_is_that_of_the_release(filled: Engine) -> None:
    assert filled.answerer.answer(_pin(filled, thresholds={"evidence": 1.0}), Question(_ASKED)).abstained
    pinned = _pin(filled, thresholds={"evidence": 0.0})
    assert not filled.answerer.answer(pinned, Question("Which colour has the moon?")).abstained


def test_an_empty_domain_abstains(engine: Engine) -> None:
    answer = engine.ask("handbook", _ASKED)

    assert (answer.abstained, answer.evidence, answer.index_seq, answer.hits) == (True, 0.0, 0, [])


def test_a_stream_gives_passages_text_citations_and_the_whole_answer_in_this_order(filled: Engine) -> None:
    pinned = filled.pin("handbook")

    events = list(filled.answerer.stream(pinned, Question(_ASKED)))

    assert [name for name, _ in events] == ["passages", "delta", "citations", "done"]
    (_, passages), (_, text), (_, citations), (_, done) = events
    assert isinstance(done, Answer)
    assert (done.hits, done.answer, done.citations) == (passages, text, citations)
    assert citations[0].quote == "Employees receive 25 days of annual leave."


def test_an_explanation_holds_every_stage(filled: Engine) -> None:
    explain = filled.ask("handbook", Question(_ASKED, explain=True)).explain

    assert set(explain) == {
        "searched_for",
        "retrieval",
        "term_weights",
        "evidence",
        "prompt",
        "draft",
        "span",
        "abstained_for",
    }
    assert explain["searched_for"] == _ASKED
    stages = explain["retrieval"]
    assert set(stages) == {"dense", "lexical", "fusion", "weights", "unknown_share", "rerank"}
    assert 0 < stages["weights"]["dense"] < 1
    assert sum(stages["weights"].values()) == pytest.approx(1)
    assert stages["fusion"][0]["passage_id"].startswith("psg_")
    assert stages["fusion"][0]["score"] > 0
    assert {"leav", "annual"} <= set(explain["term_weights"])
    assert explain["evidence"]["threshold"] == 0.35
    assert 0.35 < explain["evidence"]["estimate"] < 1
    assert explain["prompt"] is None  # the extractive generator has none
    assert explain["draft"].endswith("[1]")
    assert explain["abstained_for"] is None


class Silent:
    """A generator that always drafts the same text."""

    name = "silent"

    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, task: Task) -> Draft:
        assert task.hits
        return Draft(self._text)


@pytest.mark.parametrize("draft", ["", "The documents do not say.", "The documents do not say. [1]"])
def test_an_abstention_of_the_generator_itself_is_explained(filled: Engine, draft: str) -> None:
    answerer = Answerer(
        filled.retriever, WordReader(), lambda _: Silent(draft), lambda name: get_model(filled.store, name)
    )

    answer = answerer.answer(filled.pin("handbook"), Question(_ASKED))

    assert answer.abstained
    assert answer.explain["evidence"]["estimate"] > answer.explain["evidence"]["threshold"]
    assert answer.explain["abstained_for"] == "the generator found no answer"


def test_serving_is_checked_without_a_question(modelled: Engine, adapters: Path) -> None:
    manifest = modelled.pin("handbook").manifest
    model = _publish(modelled, adapters / "one", "with_context")
    tuned = {**manifest, "adapter": model.id}

    assert modelled.answerer.serve(manifest, "rag") == (ARMS["rag"], None)
    assert modelled.answerer.serve(tuned, "combined") == (ARMS["combined"], model.id)
    assert modelled.answerer.serve(tuned, "base") == (ARMS["base"], None)
    with pytest.raises(ConflictError) as caught:
        modelled.answerer.serve({**tuned, "base_model": "mdl_other"}, "combined")
    assert (caught.value.code, caught.value.param) == ("arm_unavailable", "arm")


def test_after_a_deletion_no_answer_quotes_the_document(filled: Engine) -> None:
    quoted = filled.ask("handbook", _ASKED).citations[0]
    domain_id = get_domain(filled.store, "handbook").id

    filled.delete(domain_id, quoted.document_id)

    answer = filled.ask("handbook", _ASKED)
    assert (answer.abstained, answer.citations, answer.index_seq) == (True, [], 3)
    assert {hit.passage.external_id for hit in answer.hits} == {"office.md"}


def test_after_a_replacement_the_answer_quotes_the_new_version(filled: Engine) -> None:
    filled.add("handbook", "leave.txt", _LEAVE.replace("25", "30"))

    (citation,) = filled.ask("handbook", _ASKED).citations

    assert (citation.quote, citation.version) == ("Employees receive 30 days of annual leave.", 2)


def test_filters_and_the_number_of_passages_reach_the_search(filled: Engine) -> None:
    only_office = Comparison(type="eq", key="external_id", value="office.md")

    assert filled.ask("handbook", Question(_ASKED, filters=only_office)).abstained
    assert len(filled.ask("handbook", Question(_ASKED, top_k=1)).hits) == 1


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_refused(filled: Engine, question: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        filled.ask("handbook", question)

    assert (caught.value.code, caught.value.param) == ("empty_question", "question")


def test_an_unknown_arm_is_refused_with_those_that_exist(filled: Engine) -> None:
    with pytest.raises(InvalidInputError, match=r"'magic'.*base, rag, tuned, tuned\+rag, combined") as caught:
        filled.ask("handbook", Question(_ASKED, arm="magic"))

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
        filled.ask("handbook", Question(_ASKED, arm=arm))

    assert caught.value.message == f"The arm {arm!r} needs {missing}."
    assert (caught.value.code, caught.value.param) == ("arm_unavailable", "arm")


def test_a_release_with_another_prompt_than_the_installed_one_is_refused(filled: Engine) -> None:
    pinned = filled.pin("handbook")
    manifest = {**pinned.manifest, "prompt": {"name": "v1", "sha256": "00"}}

    with pytest.raises(DamagedError, match="prompt v1"):
        filled.answerer.answer(Pinned(pinned.domain_id, pinned.release, manifest), Question(_ASKED))


def test_a_language_model_is_given_the_prompt_with_passages_and_history(modelled: Engine) -> None:
    history = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello!"}]

    answer = modelled.ask("handbook", Question(_ASKED, history=history))

    assert (answer.generator, answer.arm, answer.adapter) == ("transformers", "rag", None)
    messages = answer.explain["prompt"]
    assert messages[1:3] == history
    assert messages[-1]["content"] == f"[1] \n{_LEAVE}\n\nQuestion: {_ASKED}"
    assert answer.prompt_tokens > 0
    assert 0 < answer.completion_tokens <= 4


def test_the_base_arm_answers_without_passages_and_citations(modelled: Engine) -> None:
    answer = modelled.ask("handbook", Question(_ASKED, arm="base"))

    assert (answer.arm, answer.hits, answer.citations, answer.evidence) == ("base", [], [], None)
    assert answer.explain["prompt"] == load_prompt().messages(_ASKED, None)
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
    model = _publish(modelled, adapters / "one", trained)
    _pin(modelled, adapter=model.id)

    for arm in served:
        answer = modelled.ask("handbook", Question(_ASKED, arm=arm))
        assert answer.adapter == (None if ARMS[arm].adapter is None else model.id)
        assert bool(answer.hits) == ARMS[arm].passages
    for arm in refused:
        with pytest.raises(ConflictError, match=f"that of this release was trained {trained}"):
            modelled.ask("handbook", Question(_ASKED, arm=arm))


def test_an_adapter_changes_what_is_written_and_not_what_the_base_writes(modelled: Engine, adapters: Path) -> None:
    before = modelled.ask("handbook", Question(_ASKED, arm="base")).explain["draft"]
    _pin(modelled, adapter=_publish(modelled, adapters / "one", "closed_book").id)

    tuned = modelled.ask("handbook", Question(_ASKED, arm="tuned")).explain["draft"]
    after = modelled.ask("handbook", Question(_ASKED, arm="base")).explain["draft"]

    assert before == after != tuned


def test_an_adapter_that_was_changed_on_disk_is_not_served(modelled: Engine, adapters: Path) -> None:
    model = _publish(modelled, adapters / "one", "closed_book")
    _pin(modelled, adapter=model.id)
    path = modelled.store.folder.root / model.path / "adapter_model.safetensors"
    path.write_bytes((adapters / "two" / path.name).read_bytes())

    with pytest.raises(DamagedError, match="adapter_model"):
        modelled.ask("handbook", Question(_ASKED, arm="tuned"))


def test_a_release_of_another_base_model_is_refused_by_name(modelled: Engine) -> None:
    pinned = modelled.pin("handbook")
    other = Pinned(pinned.domain_id, pinned.release, {**pinned.manifest, "base_model": "mdl_other"})

    with pytest.raises(ConflictError, match="mdl_other") as caught:
        modelled.answerer.answer(other, Question(_ASKED))

    assert caught.value.code == "wrong_base_model"


class Noting(WordReader):
    """A reader that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        self.asked.append((question, list(passages)))
        return super().read(question, passages)


def test_the_reader_is_asked_once_with_what_is_searched_for_and_every_passage(filled: Engine) -> None:
    reader = Noting()
    answerer = Answerer(
        filled.retriever,
        reader,
        lambda _: ExtractiveGenerator(filled.retriever.encoder),
        lambda name: get_model(filled.store, name),
    )
    history: list[Message] = [{"role": "user", "content": _ASKED}, {"role": "assistant", "content": "25 days. [1]"}]

    pinned = filled.pin("handbook")
    answer = answerer.answer(pinned, Question("And when do they expire?", history=history))

    searched = f"{_ASKED} And when do they expire?"
    assert reader.asked == [(searched, [hit.passage.text for hit in answer.hits])]
    assert answer.explain["searched_for"] == searched
    assert answer.hits[0].passage.external_id == "leave.txt"


def test_the_span_is_a_piece_of_the_quoted_sentence(filled: Engine) -> None:
    answer = filled.ask("handbook", _ASKED)

    assert answer.explain["span"]
    assert answer.explain["span"] in answer.citations[0].quote


def test_without_passages_nothing_is_searched_for_or_read(modelled: Engine) -> None:
    explain = modelled.ask("handbook", Question(_ASKED, arm="base")).explain

    assert (explain["searched_for"], explain["span"], explain["evidence"]["estimate"]) == (None, None, None)
