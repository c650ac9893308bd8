"""Data sets from files: their examples checked against each other and linked to the documents they are about."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from eval.splits import split_by_document
from store.datasets import Dataset, Example, create_dataset
from store.documents import Document, get_version, list_documents
from store.errors import InvalidInputError
from store.store import Store
from tuner.data.format import ReadExample
from tuner.data.formats import format_of

_MAX_REPORTED = 5


def import_examples(
    store: Store, domain_id: str, name: str, data: bytes, split: str | None = None, written_as: str | None = None
) -> Dataset:
    """Store the examples of a file as a data set; `split` is for lines that name none.

    `written_as` names the format of the file, see `tuner.data.formats`; without it, it is questions with answers.

    Without `split`, lines that name none are for training if any line names one; if none does, the file is split by
    document. What was done, and what looks wrong in the file, are the warnings of the data set. Raises
    `InvalidInputError` naming the lines that are malformed, ask twice, or name an unknown document; then nothing is
    stored.
    """
    source = format_of(written_as)
    documents = {document.external_id: document for document in list_documents(store, domain_id)}
    rows: dict[str, ReadExample] = {}
    errors: list[str] = []
    seen: set[str] = set()
    copies: list[int] = []
    for row in source.read(data, errors):
        key = row.key or f"line-{row.line}"
        unknown = [each for each in row.documents if each not in documents]
        content = f"{row.content.model_dump_json()} {row.documents} {row.split}"
        if key in rows:
            errors.append(f"line {row.line}: the id {key!r} is there twice")
        elif unknown:
            errors.append(f"line {row.line}: there is no document {unknown[0]!r} in this domain")
        elif content in seen:
            copies.append(row.line)
        else:
            seen.add(content)
            rows[key] = row
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
    examples = [_example(key, row, each, documents) for (key, row), each in zip(rows.items(), splits, strict=True)]
    return create_dataset(store, domain_id, name, source.kind, "human", examples, warnings)


def _splits(rows: Sequence[ReadExample], split: str | None) -> tuple[list[str], list[str]]:
    """Return the split of each row, and a sentence about it if the rows themselves name none."""
    if split is not None or any(row.split for row in rows):
        return [row.split or split or "train" for row in rows], []
    found = split_by_document([(_words(row), row.documents) for row in rows])
    counts = ", ".join(f"{found.count(each)} {each}" for each in ("train", "dev", "test"))
    bare = sum(not row.documents for row in rows)
    how = f"No line names a split, so the questions were split by document: {counts}."
    more = f" {bare} name no document and went by their own words." if bare else ""
    return [*found], [how + more]


def _check_answers(
    store: Store, domain_id: str, rows: Sequence[ReadExample], documents: Mapping[str, Document]
) -> list[str]:
    """Return warnings about answers that contradict each other, and answers that stand in no document of their line."""
    first: dict[str, set[str]] = {}
    contradicting: list[int] = []
    texts: dict[str, str | None] = {}
    missing: list[int] = []
    for row in rows:
        question, golds = row.content.asked() or ("", [])
        answers = {_normal(answer) for answer in golds}
        known = first.setdefault(f"{_normal(question)} {sorted(row.documents)}", answers) if question else answers
        if known != answers and not known & answers:
            contradicting.append(row.line)
        for name in row.documents:
            if name not in texts:
                texts[name] = _text(store, domain_id, documents[name])
        named = [texts[name] for name in row.documents]
        held = [text for text in named if text is not None]
        if answers and held and len(held) == len(named) and not any(a in text for a in answers for text in held):
            missing.append(row.line)
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


def _words(row: ReadExample) -> str:
    """Return what an example without documents is split by: its question, or else its whole content."""
    asked = row.content.asked()
    return asked[0] if asked else row.content.model_dump_json()


def _example(key: str, row: ReadExample, split: str, documents: Mapping[str, Document]) -> Example:
    own = {documents[name].id: documents[name].version for name in row.documents}
    return Example(key, split, row.content, own)
