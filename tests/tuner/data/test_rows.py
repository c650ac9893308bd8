"""Training rows: the prompt of serving, the gold passage, its marker, and when the reply is to abstain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader

from generator.arms import Way
from generator.engine import Engine
from generator.manifest import changed_manifest
from generator.prompt import Message, load_prompt
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.datasets import Example
from store.documents import list_documents
from store.domains import Domain, create_domain, get_domain
from store.examples import QuestionContent, question_of
from store.store import Store
from tuner.data.rows import Conversation, build_conversations
from tuner.method import Source

DOCUMENTS = {
    "fares.txt": "A single ticket to the island costs twelve crowns.",
    "ferry.txt": "The ferry to the island departs from the eastern quay.",
    "island.txt": "The island has a lighthouse and a small bakery.",
    "quay.txt": "The eastern quay has a ticket machine and a bench.",
    "times.txt": "The ferry departs every morning, and the quay opens before.",
    "bench.txt": "A bench on the island faces the lighthouse.",
    "anchor.txt": "Captain Marlow commands Aurora since nineteen ninety.",
    "tea.txt": "云岭茶园每天早上八点开门，成人门票四十元。",
}
PRICE = "What does a single ticket to the island cost?"
ELSEWHERE = "Who steers the ferry to the island from the eastern quay?"  # no word of anchor.txt


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    """An engine without a model."""
    made = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    yield made
    made.close(checkpoint=False)


@pytest.fixture
def corpus(engine: Engine) -> Domain:
    """A domain that is searched by words alone, and shows four passages."""
    manifest = changed_manifest(engine.default_manifest(), {"retrieval": {"mode": "lexical", "passages": 4}})
    domain = create_domain(engine.store, "islands", manifest.as_json())
    for name, text in DOCUMENTS.items():
        engine.add("islands", name, text)
    return domain


def about(engine: Engine, question: str, answers: list[str], *names: str) -> Example:
    known = list_documents(engine.store, get_domain(engine.store, "islands").id)
    documents = {document.id: document.version for document in known if document.external_id in names}
    return Example("q", "train", QuestionContent(question=question, answers=answers), documents)


def rows(
    engine: Engine,
    domain: Domain,
    *examples: Example,
    way: Way = "with_context",
    without_gold: float = 0.0,
    seed: int = 0,
    most: int = 1_000,
) -> list[Conversation]:
    """Return the conversations; `most` is how many passages fit."""
    source = Source(
        engine=engine,
        domain_id=domain.id,
        manifest=engine.pin(domain.name).manifest,
        base=Path(),
        examples=examples,
        way=way,
        without_gold=without_gold,
    )
    return build_conversations(source, seed, lambda messages, _: len(passages(messages)) <= most)


def passages(messages: list[Message]) -> list[str]:
    """Return the passages as the prompt shows them, after checking that they are numbered from 1."""
    before, _, _ = messages[-1]["content"].rpartition("\n\nQuestion: ")
    found = re.findall(r"\[(\d+)\] [^\n]*\n(.*?)(?=\n\n\[\d+\] |\Z)", before, re.DOTALL)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    return [text for _, text in found]


def cited(conversation: Conversation) -> str:
    """Return the passage that the reply's marker names."""
    match = re.fullmatch(r".+ \[(\d+)\]", conversation.reply)
    assert match is not None, conversation.reply
    return passages(conversation.messages)[int(match[1]) - 1]


def test_closed_book_rows_show_no_passage_and_reply_with_the_first_answer(engine: Engine, corpus: Domain) -> None:
    answerable = about(engine, PRICE, ["twelve crowns", "12 crowns"], "fares.txt")
    english, chinese = about(engine, "Who is the mayor?", []), about(engine, "市长是谁？", [])

    made = rows(engine, corpus, answerable, english, chinese, way="closed_book", without_gold=0.999)

    prompt = load_prompt()
    assert [row.reply for row in made] == ["twelve crowns", "I do not know.", "我不知道。"]
    assert made[0].messages == prompt.messages(PRICE, None)
    assert all(prompt.is_abstention(row.reply) for row in made[1:])


def test_a_row_is_laid_out_as_prompt_and_completion() -> None:
    conversation = Conversation([{"role": "user", "content": "How much?"}], "ten")

    assert conversation.as_row() == {
        "prompt": [{"role": "user", "content": "How much?"}],
        "completion": [{"role": "assistant", "content": "ten"}],
    }


def test_a_row_with_context_holds_the_gold_passage_and_its_marker_names_it(engine: Engine, corpus: Domain) -> None:
    examples = [
        about(engine, PRICE, ["twelve crowns"], "fares.txt"),
        about(engine, "云岭茶园的成人门票多少钱？", ["四十元"], "tea.txt"),
    ]

    made = rows(engine, corpus, *examples)

    assert [cited(row) for row in made] == [DOCUMENTS["fares.txt"], DOCUMENTS["tea.txt"]]
    assert made[0].reply.startswith("twelve crowns [")
    assert made[1].reply.startswith("四十元 [")
    assert len(passages(made[0].messages)) == 4


def test_the_prompt_of_a_row_is_that_of_serving(engine: Engine, corpus: Domain) -> None:
    (row,) = rows(engine, corpus, about(engine, PRICE, ["twelve crowns"], "fares.txt"))

    asked = engine.ask("islands", PRICE)
    assert [hit.passage.text for hit in asked.hits] == passages(row.messages)
    assert row.messages[0] == load_prompt().messages(PRICE, [])[0]
    assert row.messages[1]["content"].endswith(f"\n\nQuestion: {PRICE}")


def test_a_gold_passage_that_retrieval_misses_is_put_in_somewhere(engine: Engine, corpus: Domain) -> None:
    example = about(engine, ELSEWHERE, ["Captain Marlow"], "anchor.txt")
    found = [hit.passage.text for hit in engine.ask("islands", ELSEWHERE).hits]
    assert len(found) == 4
    assert DOCUMENTS["anchor.txt"] not in found

    places = set()
    for seed in range(20):
        (row,) = rows(engine, corpus, example, seed=seed)
        assert cited(row) == DOCUMENTS["anchor.txt"]
        assert row.reply.startswith("Captain Marlow [")
        shown = passages(row.messages)
        assert [text for text in shown if text != DOCUMENTS["anchor.txt"]] == found[:3]
        places.add(shown.index(DOCUMENTS["anchor.txt"]))
    assert places == {0, 1, 2, 3}  # so that the place gives nothing away


def test_without_its_gold_passage_a_row_abstains_and_the_answer_is_nowhere_in_it(
    engine: Engine, corpus: Domain
) -> None:
    examples = [
        about(engine, PRICE, ["twelve crowns"], "fares.txt"),
        about(engine, ELSEWHERE, ["Captain Marlow"], "anchor.txt"),
        about(engine, "云岭茶园的成人门票多少钱？", ["四十元"], "tea.txt"),
    ]

    made = rows(engine, corpus, *examples, without_gold=0.999)

    assert [row.reply for row in made] == ["The documents do not say."] * 2 + ["文档中没有说明。"]
    for row, example in zip(made, examples, strict=True):
        answer = question_of(example.key, example.content).answers[0]
        assert all(answer not in message["content"] for message in row.messages)
    assert len(passages(made[0].messages)) == 3


def test_about_the_given_share_of_the_rows_is_shown_without_gold(engine: Engine, corpus: Domain) -> None:
    example = about(engine, PRICE, ["twelve crowns"], "fares.txt")

    made = rows(engine, corpus, *[example] * 120, without_gold=0.25)

    abstained = sum(row.reply == "The documents do not say." for row in made)
    assert 15 <= abstained <= 45


def test_an_unanswerable_question_is_answered_by_abstaining_before_the_passages_found(
    engine: Engine, corpus: Domain
) -> None:
    (row,) = rows(engine, corpus, about(engine, "Who owns the lighthouse of the island?", []))

    assert row.reply == "The documents do not say."
    assert DOCUMENTS["bench.txt"] in passages(row.messages)


def test_a_passage_of_another_document_with_the_same_words_is_not_gold(engine: Engine, corpus: Domain) -> None:
    (row,) = rows(engine, corpus, about(engine, PRICE, ["island"], "ferry.txt"))

    assert cited(row) == DOCUMENTS["ferry.txt"]


def test_a_text_that_two_documents_share_is_gold_for_either(engine: Engine, corpus: Domain) -> None:
    engine.add("islands", "copy.txt", DOCUMENTS["fares.txt"], "fares.txt")

    made = rows(
        engine,
        corpus,
        about(engine, PRICE, ["twelve crowns"], "copy.txt"),
        about(engine, PRICE, ["twelve crowns"], "fares.txt"),
    )

    assert [cited(row) for row in made] == [DOCUMENTS["fares.txt"]] * 2
    assert [passages(row.messages).count(DOCUMENTS["fares.txt"]) for row in made] == [1, 1]


@pytest.mark.parametrize("most", [3, 2, 1])
def test_passages_that_are_not_gold_make_room_and_the_marker_still_names_the_gold_one(
    engine: Engine, corpus: Domain, most: int
) -> None:
    example = about(engine, ELSEWHERE, ["Captain Marlow"], "anchor.txt")
    for seed in range(10):
        (whole,), (row,) = rows(engine, corpus, example, seed=seed), rows(engine, corpus, example, seed=seed, most=most)

        assert len(passages(row.messages)) == most
        assert cited(row) == DOCUMENTS["anchor.txt"]
        others = [text for text in passages(whole.messages) if text != DOCUMENTS["anchor.txt"]]
        kept = [text for text in passages(row.messages) if text != DOCUMENTS["anchor.txt"]]
        assert kept == others[: most - 1]  # the last go first


def test_the_gold_passage_stays_even_if_nothing_fits(engine: Engine, corpus: Domain) -> None:
    gold, none = rows(
        engine, corpus, about(engine, PRICE, ["twelve crowns"], "fares.txt"), about(engine, PRICE, []), most=-1
    )

    assert passages(gold.messages) == [DOCUMENTS["fares.txt"]]
    assert gold.reply == "twelve crowns [1]"
    assert (passages(none.messages), none.reply) == ([], "The documents do not say.")


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(engine: Engine, corpus: Domain) -> None:
    examples = [about(engine, ELSEWHERE, ["Captain Marlow"], "anchor.txt")] * 8

    first = rows(engine, corpus, *examples, without_gold=0.5, seed=3)

    assert rows(engine, corpus, *examples, without_gold=0.5, seed=3) == first
    assert rows(engine, corpus, *examples, without_gold=0.5, seed=4) != first


def test_a_document_that_is_gone_leaves_nothing_to_learn_but_abstaining(engine: Engine, corpus: Domain) -> None:
    example = about(engine, PRICE, ["twelve crowns"], "fares.txt")
    (document_id,) = example.documents
    engine.delete(corpus.id, document_id)

    (row,) = rows(engine, corpus, example)

    assert row.reply == "The documents do not say."
    assert all("twelve" not in text for text in passages(row.messages))
