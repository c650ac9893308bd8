"""What examples hold: a table of kinds of data sets, each with the type of its examples' content."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from store.errors import DamagedError, InvalidInputError
from store.json_values import Json
from store.refusals import explain


class Content(BaseModel):
    """The content of an example, of whatever kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def asked(self) -> tuple[str, list[str]] | None:
        """Return the question that the example asks with its gold answers, None if it asks nothing."""
        return None

    def as_json(self) -> dict[str, Json]:
        """Return the content as it is stored, shown and hashed: what is not known is left out."""
        return self.model_dump(mode="json", exclude_none=True)


class QuestionContent(Content):
    """A question with its gold answers, of which there are none if the documents do not say."""

    question: str
    answers: list[str]
    language: str | None = None

    def asked(self) -> tuple[str, list[str]] | None:
        """Return question and answers."""
        return self.question, self.answers


def question_of(key: str, content: Content | None) -> QuestionContent:
    """Return the question of an example, or raise `InvalidInputError` that names the example by its key."""
    if isinstance(content, QuestionContent):
        return content
    raise InvalidInputError(f"The example {key} is not a question with answers.", param="dataset")


@dataclass(frozen=True)
class ExampleKind:
    """A kind of data set: its name, and what its examples hold."""

    name: str
    content: type[Content]


KINDS = (ExampleKind("qa", QuestionContent),)


def read_content(kind: str, key: str, stored: dict[str, Json]) -> Content | None:
    """Return the content of a stored example; None if it was taken, since a document of it was deleted.

    Raises `DamagedError` naming the example by its key if its kind does not have such content.
    """
    if not stored:
        return None
    try:
        return content_type(kind).model_validate(stored)
    except ValidationError as error:
        raise DamagedError(f"The example {key} cannot be read: {explain(error.errors()[0], stored)[1]}") from error


def content_type(kind: str) -> type[Content]:
    """Return what the examples of a kind of data set hold, or raise `InvalidInputError`."""
    for each in KINDS:
        if each.name == kind:
            return each.content
    known = ", ".join(each.name for each in KINDS)
    raise InvalidInputError(f"There is no kind of data set {kind[:80]!r}; known are {known}.", param="kind")
