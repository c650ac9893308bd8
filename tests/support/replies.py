"""Questions of an evaluation, and answers to them that are made without an engine."""

from __future__ import annotations

from eval.questions import EvalQuestion
from generator.answer import Answer, Citation
from retriever.search.search import Hit
from store.passages import Passage

ASKED = EvalQuestion("q1", "How much is a ticket?", ["12 crowns"], ["doc_fares"], "en")
UNANSWERABLE = EvalQuestion("q2", "Who is the mayor?", [], [], "en")
ABSTENTION = "The documents do not say."


def hit(document: str, also_in: tuple[str, ...] = ()) -> Hit:
    passage = Passage(f"psg_{document}", document, "a.md", "A", 1, 0, 9, None, "", "some text", 1, "some text")
    return Hit(passage, 1.0, {"dense": 1, "lexical": 1, "rerank": None}, 0.5, list(also_in))


def citation(document: str) -> Citation:
    return Citation("[1]", document, "a.md", "A", 1, "psg_1", 0, 9, None, "some text", 1.0)


def reply(
    text: str, *, abstained: bool = False, cited: tuple[str, ...] = (), hits: tuple[Hit, ...] = (), arm: str = "rag"
) -> Answer:
    return Answer(
        answer=text,
        abstained=abstained,
        evidence=None,
        citations=[citation(document) for document in cited],
        hits=list(hits),
        arm=arm,
        release="rel_1",
        index_seq=1,
        generator="extractive",
        adapter=None,
        prompt_tokens=7,
        completion_tokens=3,
        timings_ms={},
        explain={},
    )
