"""The cause of a wrong answer: each is planted, and found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from eval.questions import EvalQuestion
from eval.runner import Record, run_arm
from eval.weaknesses.asking import Asking
from eval.weaknesses.finder import find_causes, is_right, looked_into
from generator.answer import Answer
from generator.answering import Question
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import ChunkerSettings, RetrieverSettings
from store.store import Store

_DOCUMENTS = {
    "ferry.md": "# Ferry\n\nThe ferry Aurora carries 120 passengers across the fjord every morning.",
    "boat.md": "# Boat\n\nThe old boat takes 45 people to the island.",
    "pool.md": "# Pool\n\nThe pool of Elmwood opens at seven in the morning. Its keeper Maria Holm was born in Lund.",
    "library.md": "# Library\n\nThe library opens at seven. Its café closes at nine.",
    "wash.md": "# Washing\n\nEvery nurse of the ward washes both hands with soap first. "
    "Afterwards she puts on the blue gloves of the box.",
}
_FERRY = "How many passengers does the ferry carry?"
_SMALL = ChunkerSettings(latin=(50, 70))  # no two sentences of `wash.md` fit together


@pytest.fixture(scope="module")
def asking(
    tmp_path_factory: pytest.TempPathFactory,
    retriever_settings: RetrieverSettings,
    minilm: Encoder,
    reader: OpenVinoReader,
) -> Iterator[Asking]:
    """The release of a domain with these documents, under which nothing is withheld."""
    store = Store.open(tmp_path_factory.mktemp("weaknesses") / "home")
    settings = retriever_settings.model_copy(update={"chunker": _SMALL})
    engine = Engine(store, settings, GeneratorSettings(), minilm, reader)
    engine.create_domain("harbour")
    for name, text in _DOCUMENTS.items():
        engine.add("harbour", name, text)
    yield _under(Asking(engine, engine.pin("harbour")), evidence=0.0)
    engine.close(checkpoint=False)
    store.close()


def _under(asking: Asking, *, evidence: float = 0.0, passages: int = 4, mode: str = "hybrid") -> Asking:
    """Return the arm with another threshold, number of passages and mode of search."""
    manifest = asking.pinned.manifest
    changed = manifest.model_copy(
        update={
            "thresholds": manifest.thresholds.model_copy(update={"evidence": evidence}),
            "retrieval": manifest.retrieval.model_copy(update={"passages": passages, "mode": mode}),
        }
    )
    return Asking(asking.engine, replace(asking.pinned, manifest=changed))


def _question(asking: Asking, text: str, *answers: str, documents: Sequence[str] = ()) -> EvalQuestion:
    """Return a question about documents by their names; a name that is none is taken for an id."""
    ids = {hit.passage.external_id: hit.passage.document_id for hit in asking.search("the", 20).hits}
    return EvalQuestion(text, text, list(answers), [ids.get(name, name) for name in documents], "en")


def _records(asking: Asking, questions: Sequence[EvalQuestion]) -> list[Record]:
    def answer(question: str) -> Answer:
        return asking.engine.answerer.answer(asking.pinned, Question(question))

    return run_arm("extractive", questions, answer, lambda: None)


def _causes(asking: Asking, *questions: EvalQuestion) -> list[str | None]:
    """Return the cause of each question, None of one that is answered rightly."""
    numbers = list(range(len(questions)))
    records = _records(asking, questions)
    found = find_causes(asking, questions, numbers, looked_into(records, 100), lambda: None)
    return [found.get(question.key) for question in questions]


def test_what_is_answered_rightly_has_no_cause(asking: Asking) -> None:
    assert _causes(asking, _question(asking, _FERRY, "120", documents=["ferry.md"])) == [None]


def test_gold_that_is_gone_or_stands_nowhere_is_doubtful(asking: Asking) -> None:
    shuffled = _question(asking, _FERRY, "seventeen golden elephants", documents=["ferry.md"])
    gone = replace(_question(asking, _FERRY, "45", documents=["doc_gone"]), key="gone")
    nowhere = replace(_question(asking, _FERRY, "seventeen golden elephants"), key="nowhere")

    assert _causes(asking, shuffled, gone, nowhere) == ["gold_doubtful"] * 3


def test_an_answer_that_no_passage_holds_alone_was_divided(asking: Asking) -> None:
    divided = "hands with soap first. Afterwards she puts on the blue gloves"

    assert _causes(asking, _question(asking, "What does a nurse do?", divided, documents=["wash.md"])) == ["divided"]


def test_what_shares_no_word_with_the_question_is_not_found_by_words(asking: Asking) -> None:
    by_words = _under(asking, mode="lexical")
    question = _question(asking, "How many passengers does the ferry carry", "Lund", documents=["pool.md"])

    assert _causes(by_words, question) == ["not_found"]


def test_what_was_found_but_not_shown_was_ranked_low(asking: Asking) -> None:
    question = _question(asking, _FERRY, "45", documents=["boat.md"])

    assert _causes(_under(asking, passages=1), question) == ["ranked_low"]


def test_a_right_answer_below_the_threshold_was_withheld(asking: Asking) -> None:
    question = _question(asking, _FERRY, "120", documents=["ferry.md"])

    assert _causes(_under(asking, evidence=1.0), question) == ["withheld"]


def test_right_with_the_right_passage_alone_is_distracted_and_else_misread(asking: Asking) -> None:
    distracted = _question(asking, _FERRY, "45", documents=["boat.md"])
    misread = _question(asking, "When does the library open?", "nine", documents=["library.md"])

    assert _causes(asking, distracted, misread) == ["distracted", "misread"]


def test_an_answer_to_what_has_none_is_given_anyway(asking: Asking) -> None:
    assert _causes(asking, _question(asking, "How many passengers does the zeppelin carry?")) == ["answered_anyway"]


def test_of_many_wrong_answers_some_are_looked_into_evenly(asking: Asking) -> None:
    question = _question(asking, _FERRY, "120", documents=["ferry.md"])
    (right,) = _records(asking, [question])
    wrong = [right.model_copy(update={"key": str(n), "scores": {"recall": 0.0, "f1": 0.4}}) for n in range(6)]

    assert is_right(right)
    assert [record.key for record in looked_into([right, *wrong], 3)] == ["0", "2", "4"]
    assert looked_into([right, *wrong], 0) == []
