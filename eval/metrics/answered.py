"""What a metric sees: a question with its gold answers, and what an arm made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.arms import SERVED, Arm

if TYPE_CHECKING:
    from eval.questions import EvalQuestion
    from generator.answer import Answer


@dataclass(frozen=True)
class Answered:
    """A question with the answer that an arm gave. Metrics are functions of this."""

    question: EvalQuestion
    given: Answer

    @property
    def arm(self) -> Arm:
        """The arm that answered."""
        return SERVED[self.given.arm]

    @property
    def golds(self) -> Sequence[str]:
        """The gold answers; none: the question should be abstained from."""
        return self.question.answers

    @property
    def documents(self) -> Sequence[str]:
        """The ids of the gold documents."""
        return self.question.documents

    @property
    def language(self) -> str:
        """The language whose rules compare the texts."""
        return self.question.language

    @property
    def text(self) -> str:
        """The answer; nothing if it abstains, since an abstention's words are no answer."""
        return "" if self.given.abstained else self.given.answer

    @property
    def right_choice(self) -> float:
        """1 if abstaining or answering was the right one of the two, else 0."""
        return float(self.given.abstained == (not self.golds))

    @property
    def cited(self) -> list[str]:
        """The id of the document of each citation."""
        return [citation.document_id for citation in self.given.citations]

    @property
    def found(self) -> list[str]:
        """The ids of the documents of the passages that were shown, those that share a passage included."""
        return [document for hit in self.given.hits for document in (hit.passage.document_id, *hit.also_in)]
