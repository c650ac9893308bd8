"""What examples hold: a table of kinds of data sets, each with the type of its examples' content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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


class Message(BaseModel):
    """A turn of a conversation; `tool` is what a program answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant", "tool"]
    content: str


class ChatContent(Content):
    """A conversation that ends with the reply to learn."""

    messages: list[Message] = Field(min_length=2)

    def asked(self) -> tuple[str, list[str]] | None:
        """Return the last message of the user, with the reply to it."""
        return _last_question(self.messages), [self.messages[-1].content]


class PreferenceContent(Content):
    """A conversation, and the reply that is preferred to another; where only one was judged, the other is None."""

    messages: list[Message] = Field(min_length=1)
    chosen: str | None = None
    rejected: str | None = None

    def asked(self) -> tuple[str, list[str]] | None:
        """Return the last message of the user, with the preferred reply."""
        return _last_question(self.messages), [self.chosen] if self.chosen is not None else []


class TripletContent(Content):
    """A query with texts that belong to it and texts that do not; scores, where there are any, are one for each text.

    `prompt` is the instruction that an encoder puts before the query.
    """

    query: str
    positives: list[str]
    negatives: list[str] = Field(default_factory=list)
    positive_scores: list[float] | None = None
    negative_scores: list[float] | None = None
    prompt: str | None = None

    def asked(self) -> tuple[str, list[str]] | None:
        """Return the query; its texts are no answers."""
        return self.query, []


class Relevant(BaseModel):
    """A text that is relevant to a query, by the id that its file gives it; `grade` says how much, from 1 on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    grade: int = 1
    title: str | None = None
    text: str | None = None


class RetrievalContent(Content):
    """A query with the texts that are relevant to it; a text that is a document of the domain is not repeated."""

    query: str
    relevant: list[Relevant]

    def asked(self) -> tuple[str, list[str]] | None:
        """Return the query; its texts are no answers."""
        return self.query, []


class TextContent(Content):
    """A text to learn as it stands."""

    text: str


def _last_question(messages: list[Message]) -> str:
    return next((each.content for each in reversed(messages) if each.role == "user"), "")


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


KINDS = (
    ExampleKind("qa", QuestionContent),
    ExampleKind("chat", ChatContent),
    ExampleKind("preference", PreferenceContent),
    ExampleKind("triplets", TripletContent),
    ExampleKind("retrieval", RetrievalContent),
    ExampleKind("text", TextContent),
)


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
