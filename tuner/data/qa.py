"""The format `qa`: JSON Lines of questions with answers, and the documents that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.examples import QuestionContent
from store.refusals import explain
from tuner.data.format import Format, ReadExample

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


def read(data: bytes, errors: list[str]) -> Iterator[ReadExample]:
    """Yield the questions of a file; see `tuner.data.format.Format`."""
    try:
        lines = data.decode("utf-8-sig").split("\n")  # `splitlines` would also cut at U+2028 inside a string
    except UnicodeDecodeError:
        errors.append("the file is not UTF-8")
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = QuestionRow.model_validate(json.loads(line))
        except ValidationError as error:
            errors.append(f"line {number}: {explain(error.errors()[0], whole='the line')[1].rstrip('.')}")
        except (ValueError, RecursionError) as error:  # also a number of 5000 digits, and brackets without end
            errors.append(f"line {number}: no JSON ({getattr(error, 'msg', error)})")
        else:
            content = QuestionContent(question=row.question, answers=row.answers, language=row.language)
            yield ReadExample(number, row.id, content, row.documents, row.split)


QA = Format("qa", kind="qa", read=read)
