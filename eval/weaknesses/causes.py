"""The causes of wrong answers, one row each, in the order in which they are looked for: the first to apply is it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Part = Literal["questions", "chunking", "embedder", "reranker", "threshold", "generator"]


@dataclass(frozen=True)
class Cause:
    """A cause: its name in reports, the part of the system that would mend it, and what it is, for people."""

    name: str
    part: Part
    about: str


GOLD_DOUBTFUL = Cause(
    "gold_doubtful", "questions", "the documents named do not hold the answer named, or it contradicts another question"
)
DIVIDED = Cause("divided", "chunking", "a document holds the answer, but none of its passages does alone")
NOT_FOUND = Cause("not_found", "embedder", "no passage with the answer is among the first 100")
RANKED_LOW = Cause("ranked_low", "reranker", "a passage with the answer was found, but too far behind to be shown")
WITHHELD = Cause("withheld", "threshold", "the answer would have been right, but its evidence was below the threshold")
DISTRACTED = Cause("distracted", "generator", "shown the right passages alone, the answer is right")
MISREAD = Cause("misread", "generator", "shown the right passages alone, the answer is wrong, too")
ANSWERED_ANYWAY = Cause("answered_anyway", "threshold", "the documents hold no answer, and one was given")

CAUSES = (GOLD_DOUBTFUL, DIVIDED, NOT_FOUND, RANKED_LOW, WITHHELD, DISTRACTED, MISREAD, ANSWERED_ANYWAY)
CAUSE_OF: Mapping[str, Cause] = MappingProxyType({cause.name: cause for cause in CAUSES})

ADVICE: Mapping[Part, str] = MappingProxyType(
    {
        "questions": "Check these questions first: the answer that counts as right may be wrong, or its document gone",
        "chunking": "Cut documents into larger passages (retriever.chunker)",
        "embedder": "Improve what is found: another encoder (retriever.encoder), or the words that questions use",
        "reranker": "Improve the order: a reranker (retriever.reranker), or show more passages (retrieval.passages)",
        "threshold": "Calibrate when an answer is withheld (tandem release create --calibrate DATASET)",
        "generator": "Improve what is made of the passages: a better model, or tune one (tandem tune generator)",
    }
)
