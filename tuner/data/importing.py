"""Data sets from files: JSON Lines of questions with answers, linked to the documents they are about."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.splits import split_by_document
from store.datasets import Dataset, Example, create_dataset
from store.documents import Document, get_version, list_documents
from store.errors import InvalidInputError
from store.examples import QuestionContent
from store.refusals import explain
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
    """Store the lines as a data set of kind `qa`; `split` is for lines that name none.

    Without `split`, lines that name none are for training if any line names one; if none does, the file is split by
    document. What was done, and what looks wrong in the file, are the warnings of the data set. Raises
    `InvalidInputError` naming the lines that are malformed, ask twice, or name an unknown document; then nothing is
    stored.
    """
    documents = {document.external_id: document for document in list_documents(store, domain_id)}
    rows: dict[str, tuple[int, QuestionRow]] = {}
    errors: list[str] = []
    seen: dict[str, int] = {}
    copies: list[int] = []
    for number, row in _rows(data, errors):
        key = row.id or f"line-{number}"
        unknown = [each for each in row.documents if each not in documents]
        content = row.model_dump_json(exclude={"id"})
        if key in rows:
            errors.append(f"line {number}: the id {key!r} is there twice")
        elif unknown:
            errors.append(f"line {number}: there is no document {unknown[0]!r} in this domain")
        elif content in seen:
            copies.append(number)
        else:
            seen[content] = number
            rows[key] = (number, row)
    if not rows and not errors:
        errors.append("the file has no line")
    if errors:
        more = f", and {len(errors) - _MAX_REPORTED} more" if len(errors) > _MAX_REPORTED else ""
        raise InvalidInputError(
            f"The data set was not stored: {'; '.join(errors[:_MAX_REPORTED])}{more}.",
            code="invalid_dataset",
            param="file",
        )
    splits, warnings = _splits(list(rows.values()), split)
    if copies:
        warnings.append(f"{_lines(copies)} repeated an earlier line and was stored once.")
    warnings += _check_answers(store, domain_id, list(rows.values()), documents)
    examples = [_example(key, row, each, documents) for (key, (_, row)), each in zip(rows.items(), splits, strict=True)]
    return create_dataset(store, domain_id, name, "qa", "human", examples, warnings)


def _splits(rows: Sequence[tuple[int, QuestionRow]], split: str | None) -> tuple[list[str], list[str]]:
    """Return the split of each row, and a sentence about it if the rows themselves name none."""
    if split is not None or any(row.split for _, row in rows):
        return [row.split or split or "train" for _, row in rows], []
    found = split_by_document([(row.question, row.documents) for _, row in rows])
    counts = ", ".join(f"{found.count(each)} {each}" for each in ("train", "dev", "test"))
    bare = sum(not row.documents for _, row in rows)
    how = f"No line names a split, so the questions were split by document: {counts}."
    more = f" {bare} name no document and went by their own words." if bare else ""
    return [*found], [how + more]


def _check_answers(
    store: Store, domain_id: str, rows: Sequence[tuple[int, QuestionRow]], documents: Mapping[str, Document]
) -> list[str]:
    """Return warnings about answers that contradict each other, and answers that stand in no document of their line."""
    first: dict[str, tuple[int, set[str]]] = {}
    contradicting: list[int] = []
    texts: dict[str, str | None] = {}
    missing: list[int] = []
    for number, row in rows:
        asked, answers = _normal(row.question), {_normal(answer) for answer in row.answers}
        _, known = first.setdefault(f"{asked} {sorted(row.documents)}", (number, answers))
        if known != answers and not known & answers:
            contradicting.append(number)
        for name in row.documents:
            if name not in texts:
                texts[name] = _text(store, domain_id, documents[name])
        named = [texts[name] for name in row.documents]
        held = [text for text in named if text is not None]
        if answers and held and len(held) == len(named) and not any(a in text for a in answers for text in held):
            missing.append(number)
    found = []
    if contradicting:
        found.append(f"{_lines(contradicting)} asked the same as an earlier line and answered otherwise.")
    if missing:
        found.append(f"{_lines(missing)} had no answer that stands word for word in a document of the line.")
    return found


def _text(store: Store, domain_id: str, document: Document) -> str | None:
    """Return the text of a document in comparable form, None if it has none yet."""
    text = get_version(store, domain_id, document.id).text
    return None if text is None else _normal(text)


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _lines(numbers: Sequence[int]) -> str:
    """Return "Line 3" or "3 lines (4, 5, 9)", some of them named."""
    if len(numbers) == 1:
        return f"Line {numbers[0]}"
    shown = ", ".join(map(str, numbers[:_MAX_REPORTED]))
    return f"{len(numbers)} lines ({shown}{', …' if len(numbers) > _MAX_REPORTED else ''}) each"


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
            errors.append(f"line {number}: {explain(error.errors()[0], whole='the line')[1].rstrip('.')}")
        except (ValueError, RecursionError) as error:  # also a number of 5000 digits, and brackets without end
            errors.append(f"line {number}: no JSON ({getattr(error, 'msg', error)})")


def _example(key: str, row: QuestionRow, split: str, documents: Mapping[str, Document]) -> Example:
    content = QuestionContent(question=row.question, answers=row.answers, language=row.language)
    own = {documents[name].id: documents[name].version for name in row.documents}
    return Example(key, split, content, own)
