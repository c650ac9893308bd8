"""The extractive generator: it quotes the sentence that answers, in English and Chinese, with the real encoder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from small_documents import hits_of, reading_of, words_of

from generator.answer import Draft, Quote, Task, draft_of
from generator.backends.extractive import ExtractiveGenerator
from generator.choosing.choice import WEIGHTS, Asked, choose
from generator.engine import Engine
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
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


@pytest.fixture(scope="module")
def handbook(
    tmp_path_factory: pytest.TempPathFactory,
    empty_home: Path,
    retriever_settings: RetrieverSettings,
    minilm: Encoder,
    reader: OpenVinoReader,
) -> Iterator[Engine]:
    store = Store.open(Path(shutil.copytree(empty_home, tmp_path_factory.mktemp("handbook") / "home")))
    engine = Engine(store, retriever_settings, GeneratorSettings(), minilm, reader)
    engine.create_domain("handbook")
    for name, text in (("leave.md", _LEAVE), ("office.txt", _OFFICE), ("handbook.md", _CHINESE)):
        assert engine.add("handbook", name, text).status == "searchable"
    yield engine
    engine.close()
    store.close()


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
        draft_of(ExtractiveGenerator().write(Task("Why?", None, load_prompt(), None, 10)))

    assert caught.value.code == "arm_unavailable"


def test_passages_without_a_sentence_lead_to_the_abstention() -> None:
    generator = ExtractiveGenerator()

    assert draft_of(generator.write(Task("Why?", [], load_prompt(), None, 10))).text == "The documents do not say."
    assert draft_of(generator.write(Task("为什么？", [], load_prompt(), None, 10))).text == "文档中没有说明。"


def _draft(question: str, hits: Sequence[Hit], likely: dict[str, float], searched_for: str = "") -> Draft:
    """What is written where the reader likes some words, and nothing else decides."""
    asked = searched_for or question
    words = dict(words_of(asked).weights)
    readings = [reading_of(hit.passage.content, likely) for hit in hits]
    choice = choose(Asked(asked, words), hits, readings, None, {**dict.fromkeys(WEIGHTS, 0.0), "reading": 1.0})
    task = Task(question, hits, load_prompt(), None, 10, choice=choice, term_weights=words, searched_for=searched_for)
    return draft_of(ExtractiveGenerator().write(task))


def _quoted(draft: Draft, hits: Sequence[Hit]) -> list[str]:
    return [hits[each.hit].passage.text[each.start : each.end] for each in draft.ending.quotes or ()]


def test_the_chosen_window_is_written_with_the_number_of_its_passage_its_span_and_its_quote() -> None:
    hits = hits_of("It rains. The pier is long.\n") + hits_of("# Boats\n\nThe boat leaves\nat nine.\n", "Pier", "doc_2")

    draft = _draft("When?", hits, {"at": 7.0, "nine": 8.0})

    assert draft.text == "The boat leaves at nine. [2]"
    assert (draft.ending.span, draft.ending.quotes) == ("nine", [Quote(1, 0, 24)])
    assert _quoted(draft, hits) == ["The boat leaves\nat nine."]


def test_a_chinese_answer_is_written_without_its_question_and_its_mark() -> None:
    hits = hits_of("# 停车\n\n问：可以带狗吗？\n答：可以，须牵绳。\n")

    draft = _draft("能带狗吗？", hits, {"须牵绳": 8.0})

    assert (draft.text, draft.ending.span) == ("可以，须牵绳。 [1]", "须牵绳")
    assert _quoted(draft, hits) == ["答：可以，须牵绳。"]


def test_what_an_empty_cell_means_is_quoted_after_it() -> None:
    hits = hits_of("| Ticket | Adult | Child |\n|---|---|---|\n| Monthly | 38 | |\n\nEmpty cells are not sold.\n")

    draft = _draft("What does a monthly one cost a child?", hits, {"Monthly": 8.0})

    assert draft.text == "Ticket: Monthly; Child: (empty). Empty cells are not sold. [1]"
    assert _quoted(draft, hits) == ["| Monthly | 38 | |"]


def test_what_was_searched_for_says_which_column_is_asked_for() -> None:
    hits = hits_of("| Ticket | Adult | Child |\n|---|---|---|\n| Monthly | 38 | 19 |\n")

    draft = _draft("And that one?", hits, {"Monthly": 8.0}, searched_for="What does the monthly one cost a child?")

    assert draft.text == "Ticket: Monthly; Child: 19 [1]"


def test_passages_of_which_nothing_was_read_lead_to_the_abstention() -> None:
    hits = hits_of("At nine.\n")
    unread = choose(Asked("When?", {}), hits, [reading_of("")], None)

    draft = draft_of(ExtractiveGenerator().write(Task("When?", hits, load_prompt(), None, 10, choice=unread)))

    assert (draft.text, draft.ending.span, draft.ending.quotes) == ("The documents do not say.", None, None)
