"""Data sets from files: JSON Lines of questions with answers, linked to the documents they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.datasets import Dataset, Example, create_dataset
from store.documents import Document, list_documents
from store.errors import InvalidInputError
from store.store import Store

_MAX_REPORTED = 5
_SOLID = r"\S"  # more than blanks


class QuestionRow(BaseModel):
    """A line of a `qa` file. No answers means that the documents do not say; `documents` are external ids."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(None, max_length=200)
    question: str = Field(pattern=_SOLID, max_length=4000)
    answers: list[Annotated[str, Field(pattern=_SOLID)]] = Field(max_length=20)
    documents: list[str] = Field(default_factory=list, max_length=100)
    language: Literal["en", "zh"] | None = None
    split: Literal["train", "dev", "test"] | None = None


def import_questions(store: Store, domain_id: str, name: str, data: bytes, split: str | None = None) -> Dataset:
    """Store the lines as a data set of kind `qa`; `split` is for lines that name none (default: train).

    Raises `InvalidInputError` naming the lines that are malformed, ask twice, or name an unknown document; then
    nothing is stored.
    """
    documents = {document.external_id: document for document in list_documents(store, domain_id)}
    examples: dict[str, Example] = {}
    errors: list[str] = []
    for number, row in _rows(data, errors):
        key = row.id or f"line-{number}"
        unknown = [each for each in row.documents if each not in documents]
        if key in examples:
            errors.append(f"line {number}: the id {key!r} is there twice")
        elif unknown:
            errors.append(f"line {number}: there is no document {unknown[0]!r} in this domain")
        else:
            examples[key] = _example(key, row, split, documents)
    if not examples and not errors:
        errors.append("the file has no line")
    if errors:
        more = f", and {len(errors) - _MAX_REPORTED} more" if len(errors) > _MAX_REPORTED else ""
        raise InvalidInputError(
            f"The data set was not stored: {'; '.join(errors[:_MAX_REPORTED])}{more}.",
            code="invalid_dataset",
            param="file",
        )
    return create_dataset(store, domain_id, name, "qa", "human", list(examples.values()))


def _rows(data: bytes, errors: list[str]) -> Iterator[tuple[int, QuestionRow]]:
    try:
        lines = data.decode("utf-8-sig").split("\n")  # `splitlines` would also cut at U+2028 inside a string
    except UnicodeDecodeError:
        errors.append("the file is not UTF-8")
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, QuestionRow.model_validate(json.loads(line))
        except ValidationError as error:
            first = error.errors()[0]
            errors.append(f"line {number}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
        except (ValueError, RecursionError) as error:  # also a number of 5000 digits, and brackets without end
            errors.append(f"line {number}: no JSON ({getattr(error, 'msg', error)})")


def _example(key: str, row: QuestionRow, split: str | None, documents: Mapping[str, Document]) -> Example:
    content: dict[str, Any] = {"question": row.question, "answers": row.answers}
    if row.language:
        content["language"] = row.language
    own = {documents[name].id: documents[name].version for name in row.documents}
    return Example(key, row.split or split or "train", content, own)
