"""Answering under a pinned release: abstention, streaming, and what an answer rests on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest
from fakes import WordReader
from handbook import ASKED, BY_WORDS, LEAVE, pin

from generator.answer import AbandonedError, Answer, Ending, Piece, Task
from generator.answering import Answerer, Pinned, Question
from generator.backends.extractive import ExtractiveGenerator
from generator.engine import Engine
from generator.prompt import Message, PromptReference
from retriever.models.span_reader import Reading
from retriever.search.filters import Comparison
from store.domains import get_domain
from store.errors import DamagedError, InvalidInputError
from store.models import get_model


def test_an_answer_names_what_it_rests_on(filled: Engine) -> None:
    answer = filled.ask("handbook", ASKED)

    assert answer.answer == f"{LEAVE} [1]"
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
    assert filled.answerer.answer(pin(filled, thresholds={"evidence": 1.0}), Question(ASKED)).abstained
    pinned = pin(filled, thresholds={"evidence": 0.0})
    assert not filled.answerer.answer(pinned, Question("Which colour has the moon?")).abstained


def test_an_empty_domain_abstains(engine: Engine) -> None:
    answer = engine.ask("handbook", ASKED)

    assert (answer.abstained, answer.evidence, answer.index_seq, answer.hits) == (True, 0.0, 0, [])


def test_a_stream_gives_passages_text_citations_and_the_whole_answer_in_this_order(filled: Engine) -> None:
    pinned = filled.pin("handbook")

    events = list(filled.answerer.stream(pinned, Question(ASKED)))

    assert [name for name, _ in events] == ["passages", "delta", "citations", "done"]
    (_, passages), (_, text), (_, citations), (_, done) = events
    assert isinstance(done, Answer)
    assert (done.hits, done.answer, done.citations) == (passages, text, citations)
    assert citations[0].quote == LEAVE


def test_an_explanation_holds_every_stage(filled: Engine) -> None:
    explain = filled.ask("handbook", Question(ASKED, explain=True)).explain

    of_answer = {"prompt", "chat_template", "shots", "left_out", "draft", "span", "abstained_for"}
    of_search = {"searched_for", "follow_up", "retrieval", "term_weights", "evidence"}
    assert set(explain) == of_search | of_answer | {"dropped_citations", "dropped_sentences"}
    assert explain["searched_for"] == ASKED
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

    def write(self, task: Task) -> Iterator[Piece]:
        assert task.hits
        yield Piece(self._text, Ending())


@pytest.mark.parametrize("draft", ["", "The documents do not say.", "The documents do not say. [1]"])
def test_an_abstention_of_the_generator_itself_is_explained(filled: Engine, draft: str) -> None:
    answerer = Answerer(
        filled.retriever, WordReader(), lambda *_: Silent(draft), lambda name: get_model(filled.store, name)
    )

    answer = answerer.answer(filled.pin("handbook"), Question(ASKED))

    assert answer.abstained
    assert answer.explain["evidence"]["estimate"] > answer.explain["evidence"]["threshold"]
    assert answer.explain["abstained_for"] == "the generator found no answer"


@pytest.mark.parametrize(
    ("question", "draft", "abstention"),
    [
        (ASKED, "Employees receive 52 days of annual leave. [1]", "The documents do not say."),
        (ASKED, "Employees receive 25 days of annual leave.", "The documents do not say."),
        ("带薪年假有多少天？", "Everybody. [7]", "文档中没有说明。"),
    ],
)
def test_an_answer_that_lost_its_last_citation_abstains(
    filled: Engine, question: str, draft: str, abstention: str
) -> None:
    answerer = Answerer(
        filled.retriever, WordReader(), lambda *_: Silent(draft), lambda name: get_model(filled.store, name)
    )
    pinned = pin(filled, thresholds={"evidence": 0.0})

    events = dict(answerer.stream(pinned, Question(question)))

    answer = events["done"]
    assert (answer.answer, answer.abstained, answer.citations) == (abstention, True, [])
    assert (events["delta"], events["citations"]) == (abstention, [])
    assert answer.explain["draft"] == draft
    assert answer.explain["abstained_for"] == "no citation of the draft held"


def test_an_answer_keeps_what_holds_and_tells_what_was_dropped(filled: Engine) -> None:
    draft = "Employees receive 25 days of annual leave [1]. Unused days expire in May [1]."
    answerer = Answerer(
        filled.retriever, WordReader(), lambda *_: Silent(draft), lambda name: get_model(filled.store, name)
    )

    answer = answerer.answer(filled.pin("handbook"), Question(ASKED))

    assert not answer.abstained
    assert answer.answer == "Employees receive 25 days of annual leave [1]. Unused days expire in May."
    (dropped,) = answer.explain["dropped_citations"]
    assert dropped["marker"] == "[1]"
    assert "May" in dropped["reason"]


def test_brackets_in_a_quoted_document_are_text(engine: Engine) -> None:
    footnoted = "Employees receive annual leave [2] of 25 days as agreed [17]."
    engine.add("handbook", "leave.txt", footnoted)
    pin(engine, thresholds=BY_WORDS)

    answer = engine.ask("handbook", ASKED)

    assert answer.answer == f"{footnoted} [1]"
    assert [(citation.marker, citation.quote) for citation in answer.citations] == [("[1]", footnoted)]


def test_a_document_that_says_what_an_abstention_says_is_quoted_all_the_same(engine: Engine) -> None:
    engine.add("handbook", "leave.txt", "The documents do not say.")
    pinned = pin(engine, thresholds={"evidence": 0.0})

    answer = engine.answerer.answer(pinned, Question("What do the documents say?"))

    assert (answer.abstained, len(answer.citations)) == (False, 1)


def test_after_a_deletion_no_answer_quotes_the_document(filled: Engine) -> None:
    quoted = filled.ask("handbook", ASKED).citations[0]
    domain_id = get_domain(filled.store, "handbook").id

    filled.delete(domain_id, quoted.document_id)

    answer = filled.ask("handbook", ASKED)
    assert (answer.abstained, answer.citations, answer.index_seq) == (True, [], 3)
    assert {hit.passage.external_id for hit in answer.hits} == {"office.md"}


def test_after_a_replacement_the_answer_quotes_the_new_version(filled: Engine) -> None:
    filled.add("handbook", "leave.txt", LEAVE.replace("25", "30"))

    (citation,) = filled.ask("handbook", ASKED).citations

    assert citation.version == 2
    assert citation.quote.startswith("Employees receive 30 days of annual leave.")


def test_filters_and_the_number_of_passages_reach_the_search(filled: Engine) -> None:
    only_office = Comparison(type="eq", key="external_id", value="office.md")

    assert filled.ask("handbook", Question(ASKED, filters=only_office)).abstained
    assert len(filled.ask("handbook", Question(ASKED, top_k=1)).hits) == 1


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_refused(filled: Engine, question: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        filled.ask("handbook", question)

    assert (caught.value.code, caught.value.param) == ("empty_question", "question")


def test_a_release_with_another_prompt_than_the_installed_one_is_refused(filled: Engine) -> None:
    pinned = filled.pin("handbook")
    manifest = pinned.manifest.model_copy(update={"prompt": PromptReference(name="v1", sha256="00")})

    with pytest.raises(DamagedError, match="prompt v1"):
        filled.answerer.answer(Pinned(pinned.domain_id, pinned.release, manifest), Question(ASKED))


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
        lambda *_: ExtractiveGenerator(),
        lambda name: get_model(filled.store, name),
    )
    history: list[Message] = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": "25 days. [1]"}]

    answer = answerer.answer(filled.pin("handbook"), Question("And when do they expire?", history=history))

    searched = answer.explain["follow_up"]["read_as"]
    assert searched.endswith(", when do they expire?")
    assert "annual leave" in searched
    assert reader.asked == [(searched, [hit.passage.content for hit in answer.hits])]
    assert answer.explain["searched_for"] == searched
    assert answer.hits[0].passage.external_id == "leave.txt"


def test_the_span_is_a_piece_of_the_quoted_sentence(filled: Engine) -> None:
    answer = filled.ask("handbook", ASKED)

    assert answer.explain["span"]
    assert answer.explain["span"] in answer.citations[0].quote


def test_what_the_reader_of_a_stream_takes_is_not_in_the_timings(filled: Engine) -> None:
    read, events = [], filled.answerer.stream(filled.pin("handbook"), Question(ASKED))
    begun = time.perf_counter()
    for event in events:
        read.append(event)
        time.sleep(0.5)
    taken_ms = (time.perf_counter() - begun) * 1000
    answer = read[-1][1]
    assert isinstance(answer, Answer)
    assert sum(answer.timings_ms.values()) <= taken_ms - 500 * 3  # three of the four pauses were before the end


def test_an_answer_that_nobody_waits_for_is_given_up(filled: Engine) -> None:
    left: list[bool] = []
    events = filled.answerer.stream(filled.pin("handbook"), Question(ASKED, cancelled=lambda: bool(left)))
    assert next(events)[0] == "passages"
    left.append(True)
    with pytest.raises(AbandonedError):
        next(events)
