"""The extractive generator: it quotes the sentence that answers, in English and Chinese, with the real encoder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from fakes import HashEncoder, WordReader
from hypothesis import given
from hypothesis import strategies as st

from generator.answer import Task, draft_of
from generator.backends.extractive import ExtractiveGenerator, best_sentences, candidates, word_count
from generator.engine import Engine
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder, Vectors
from retriever.models.span_reader import Reading
from retriever.search.search import Hit
from retriever.settings import RetrieverSettings
from store.documents import get_version
from store.domains import get_domain
from store.errors import ConflictError
from store.store import Store

_LEAVE = (
    "# Leave\n\n## Annual leave\n\nThe policy was agreed in spring. Full-time employees receive 25 days of paid annual "
    "leave per calendar year. Unused days expire on 31 March.\n\n## Sick leave\n\nA doctor's certificate is needed "
    "from the third day of illness.\n"
)
_OFFICE = (
    "The office opens at nine in the morning. Visitors sign in at the reception desk. The kitchen is on the second "
    "floor, and lunch is served between noon and two.\n"
)
_CHINESE = (
    "# 员工手册\n\n## 假期\n\n本制度自一月起施行。员工每年享有十五天带薪年假。病假需要提供医院证明。\n\n"
    "## 办公\n\n办公室在每个工作日早上九点开门。访客须在前台登记。\n"
)


@pytest.fixture
def handbook(store: Store, retriever_settings: RetrieverSettings, minilm: Encoder) -> Iterator[Engine]:
    engine = Engine(store, retriever_settings, GeneratorSettings(), minilm)
    engine.create_domain("handbook")
    for name, text in (("leave.md", _LEAVE), ("office.txt", _OFFICE), ("handbook.md", _CHINESE)):
        assert engine.add("handbook", name, text).status == "searchable"
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("question", "document", "sentence"),
    [
        (
            "How many days of paid annual leave do employees get?",
            "leave.md",
            "Full-time employees receive 25 days of paid annual leave per calendar year.",
        ),
        ("When does the office open in the morning?", "office.txt", "The office opens at nine in the morning."),
        ("Where do visitors sign in?", "office.txt", "Visitors sign in at the reception desk."),
        ("员工每年有多少天带薪年假？", "handbook.md", "员工每年享有十五天带薪年假。"),
        ("办公室早上几点开门？", "handbook.md", "办公室在每个工作日早上九点开门。"),
    ],
)
def test_the_sentence_that_answers_is_quoted_from_its_document(
    handbook: Engine, question: str, document: str, sentence: str
) -> None:
    answer = handbook.ask("handbook", question)

    assert not answer.abstained
    (citation,) = answer.citations
    assert answer.answer == f"{sentence} {citation.marker}"
    assert (citation.external_id, citation.quote, citation.score) == (document, sentence, 1.0)
    text = get_version(handbook.store, get_domain(handbook.store, "handbook").id, citation.document_id).text
    assert text is not None
    assert text[citation.start : citation.end] == sentence


@pytest.mark.parametrize("question", ["What is the capital of Mongolia?", "蒙古的首都在哪里？"])
def test_a_question_that_no_document_answers_is_not_answered(handbook: Engine, question: str) -> None:
    answer = handbook.ask("handbook", question)

    assert answer.abstained
    assert answer.citations == []
    assert load_prompt().is_abstention(answer.answer)


def test_without_passages_there_is_nothing_to_quote() -> None:
    with pytest.raises(ConflictError, match="passages only") as caught:
        draft_of(ExtractiveGenerator(HashEncoder()).write(Task("Why?", None, load_prompt(), None, 10)))

    assert caught.value.code == "arm_unavailable"


def test_passages_without_a_sentence_lead_to_the_abstention() -> None:
    generator = ExtractiveGenerator(HashEncoder())

    assert draft_of(generator.write(Task("Why?", [], load_prompt(), None, 10))).text == "The documents do not say."
    assert draft_of(generator.write(Task("为什么？", [], load_prompt(), None, 10))).text == "文档中没有说明。"


def _reading(passage: str, likely: dict[str, float]) -> Reading:
    """A reading of a passage that likes some of its words; the other words score as no answer does."""
    words = list(re.finditer(r"\w+", passage))
    offsets = np.array([word.span() for word in words], np.int64).reshape(-1, 2)
    logits = np.array([likely.get(word[0], -10.0) / 2 for word in words], np.float32)
    return Reading(offsets, logits, logits, 0.0)


def _task(question: str, hits: list[Hit], readings: list[Reading], term_weights: dict[str, float]) -> Task:
    return Task(question, hits, load_prompt(), None, 10, readings=readings, term_weights=term_weights)


def test_the_sentence_around_the_best_span_is_quoted_and_the_span_is_marked(hit: Callable[..., Hit]) -> None:
    texts = ["It rains. The pier is long.", "The boat leaves at nine. It is blue."]
    readings = [_reading(texts[0], {"rains": 1.0}), _reading(texts[1], {"nine": 8.0})]

    task = _task("When?", [hit(text) for text in texts], readings, {})
    draft = draft_of(ExtractiveGenerator(HashEncoder()).write(task))

    assert (draft.text, draft.ending.span) == ("The boat leaves at nine. [2]", "nine")


class _TopicEncoder(HashEncoder):
    """Sentences about boats point one way, all others another."""

    def _vector(self, text: str) -> Vectors:
        return np.array([1.0, 0.0] if "boat" in text else [0.0, 1.0], np.float32)


def test_of_the_best_sentences_the_one_nearest_to_the_question_is_quoted_unless_vectors_mean_nothing(
    hit: Callable[..., Hit],
) -> None:
    text = "The market opens at ten. The boat leaves at nine. It is a small pier. A boat is blue."
    reading = _reading(text, {"ten": 5.0, "nine": 2.0, "small": 1.0, "blue": 0.0})
    generator = ExtractiveGenerator(_TopicEncoder())

    def quoted(question: str, cosine: float | None, searched_for: str = "", **term_weights: float) -> str:
        task = _task(question, [replace(hit(text), cosine=cosine)], [reading], term_weights)
        return draft_of(generator.write(replace(task, searched_for=searched_for))).text

    assert quoted("When does the boat leave?", 0.5) == "The boat leaves at nine. [1]"  # the blue one is not looked at
    assert quoted("When?", 0.5, searched_for="boat When?") == "The boat leaves at nine. [1]"
    assert quoted("When does the boat leave?", None) == "The market opens at ten. [1]"
    assert quoted("When does the boat leave?", 0.5, market=1.0) == "The market opens at ten. [1]"  # has all the words


def test_of_two_sentences_that_the_reader_likes_alike_the_words_of_the_question_decide() -> None:
    text = "The ferry leaves at nine. The market opens at ten."
    reading = _reading(text, {"nine": 5.0, "ten": 5.0})

    found = candidates([text], [reading], {"market": 1.0})

    assert [candidate.sentence.text for candidate in best_sentences(found)] == ["The market opens at ten."]
    assert found[1].score > found[0].score


def test_of_equal_sentences_the_one_of_the_better_passage_is_quoted_once() -> None:
    text = "The ferry leaves at nine."
    found = candidates([text, text], [_reading(text, {"nine": 5.0})] * 2, {})

    assert [(candidate.passage, candidate.span.score) for candidate in best_sentences(found)] == [(0, 5.0)]
    assert [candidate.passage for candidate in found] == [0, 1]


def test_a_second_sentence_that_is_nearly_as_good_is_quoted_too_unless_both_are_long() -> None:
    def quoted(words: int, second: float) -> int:
        text = f"It {'was ' * words}nine. It {'was ' * words}ten."
        return len(best_sentences(candidates([text], [_reading(text, {"nine": 5.0, "ten": second})], {})))

    assert quoted(3, 4.5) == 2
    assert quoted(3, -9.0) == 1
    assert quoted(40, 4.5) == 1


def test_a_passage_of_which_nothing_was_read_is_not_quoted(hit: Callable[..., Hit]) -> None:
    unread = Reading(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, np.float32), 0.0)

    draft = draft_of(ExtractiveGenerator(HashEncoder()).write(_task("When?", [hit("At nine.")], [unread], {})))

    assert (draft.text, draft.ending.span) == ("The documents do not say.", None)


def test_words_are_counted_in_both_languages() -> None:
    assert word_count("The boat leaves at 9.") == 5
    assert word_count("早上九点 opens。") == 5


@given(
    st.lists(st.sampled_from(["Nine boats.", "It rains!", "九点开门。", " ", "word", "\n"]), max_size=6).map("".join)
)
def test_every_candidate_lies_in_its_passage_and_its_span_in_its_sentence(passage: str) -> None:
    for candidate in candidates([passage], WordReader().read("nine boats", [passage]), {"nine": 1.0}):
        sentence, span = candidate.sentence, candidate.span
        assert passage[sentence.start : sentence.end] == sentence.text
        assert sentence.start <= span.start < span.end <= sentence.end
