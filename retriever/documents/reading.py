"""Reading: from the bytes of documents to text and blocks, in a process with limits.

There is no other way from bytes to text: jobs read here, and requests that wait for their documents.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from retriever.documents.blocks import Block, BlockKind, ReadDocument, Rectangle, UnreadableError
from retriever.documents.formats.table import FORMATS, Format, Limits, format_of_type
from retriever.documents.reading_calls import Call, Function, raise_failure
from retriever.documents.reading_processes import LOST_TWICE, Processes, Scratch, Task
from store.layout import Source

CRASHED = "reader_crashed"  # the code of a document at which the process that read it ended, two times
_NEEDS_OCR = "needs_ocr"
_HEAD = 1024  # bytes in which a document says what it is
_BATCH_BYTES = 1_000_000  # of documents that are sent at once

Outcome = ReadDocument | UnreadableError


def _of_the_system() -> Path:
    return Path(tempfile.mkdtemp(prefix="tandem-"))


@dataclass(frozen=True)
class Original:
    """The bytes of a document and their media type."""

    media_type: str
    data: bytes


class Reading:
    """Reads documents in processes of its own, which start at the first need. Safe to use from many threads.

    Their temporary files go into folders that `scratch` names, by default some of the system's.
    """

    def __init__(self, formats: Sequence[Format] = FORMATS, scratch: Scratch = _of_the_system) -> None:
        self._formats = tuple(formats)
        self._processes = Processes(scratch)

    def read(self, originals: Sequence[Original]) -> list[Outcome]:
        """Return what each of the documents is, or why it cannot be read. One that fails leaves the others alone."""
        return self._outcomes(originals, "read")

    def doubts(self, originals: Sequence[Original]) -> list[str | None]:
        """Return a sentence on what `read` is not certain of, for each of the documents; None if all is certain.

        Only formats are asked that can tell it quickly.
        """
        outcomes = self._outcomes(originals, "doubt")
        return [outcome.doubt if isinstance(outcome, ReadDocument) else None for outcome in outcomes]

    def close(self) -> None:
        """End the processes that wait for documents; another document starts one again."""
        self._processes.close()

    def _outcomes(self, originals: Sequence[Original], function: Function) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        tasks: dict[int, Task] = {}
        for place, original in enumerate(originals):
            form = format_of_type(original.media_type, self._formats)
            if function == "doubt" and not form.tells_doubt:
                outcomes[place] = ReadDocument("")
            elif form.magic and not any(each in original.data[:_HEAD] for each in form.magic):
                message = f"The document does not begin as {form.name} does: it is damaged, or something else."
                outcomes[place] = UnreadableError(message, code="wrong_content")
            else:
                tasks[place] = Task(_call(form, len(original.data), function), original.data)
        outcomes |= self._answered(tasks)
        for place, outcome in self._answered(self._again(originals, outcomes)).items():
            outcomes[place] = _better(outcomes[place], outcome)
        return [outcomes[place] for place in range(len(originals))]

    def _answered(self, tasks: Mapping[int, Task]) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        for batch in _batches(tasks):
            answers = self._processes.answers(list(batch.values()))
            outcomes |= {place: _outcome(answer) for place, answer in zip(batch, answers, strict=True)}
        return outcomes

    def _again(self, originals: Sequence[Original], outcomes: Mapping[int, Outcome]) -> dict[int, Task]:
        """Return the documents to read once more: as pictures, or since the reader crashed, which may be by chance."""
        tasks: dict[int, Task] = {}
        for place, outcome in outcomes.items():
            form, data = format_of_type(originals[place].media_type, self._formats), originals[place].data
            if _has_pictures(outcome) and form.ocr is not None:
                tasks[place] = Task(_call(form, len(data), "read_pictures", form.ocr), data)
            elif isinstance(outcome, UnreadableError) and outcome.code == CRASHED and outcome.message != LOST_TWICE:
                tasks[place] = Task(_call(form, len(data), "read"), data)
        return tasks


def longest_s(media_type: str, size: int, formats: Sequence[Format] = FORMATS) -> int:
    """Return the seconds that reading a document may take at most."""
    form = format_of_type(media_type, formats)
    return form.limits.wall(size) + (form.ocr.wall(size) if form.ocr is not None else 0)


def _has_pictures(outcome: Outcome) -> bool:
    return outcome.code == _NEEDS_OCR if isinstance(outcome, UnreadableError) else outcome.pictures > 0


def _better(first: Outcome, second: Outcome) -> Outcome:
    """Return the second outcome of a document, or the first if only its pictures could not be read."""
    if isinstance(second, ReadDocument) or isinstance(first, UnreadableError):
        return second
    doubt = f"Pictures in it that were not read: {first.pictures}. {second.message}"
    return replace(first, doubt=f"{first.doubt} {doubt}" if first.doubt else doubt, pictures=0)


class _Head(BaseModel):
    """What an answer says beside the text."""

    model_config = ConfigDict(extra="forbid", strict=True)

    markdown: bool
    doubt: str | None
    pictures: int = 0
    blocks: list[tuple[BlockKind, int, int, int, str, int | None, Source, Rectangle | None]]


def _call(form: Format, size: int, function: Function, other: Limits | None = None) -> Call:
    limits = other or form.limits
    bounds = (limits.memory(size), limits.cpu(size), limits.wall(size), limits.answer(size))
    return Call(form.name, form.reader, size, function, form.alone, *bounds)


def _batches(tasks: Mapping[int, Task]) -> Iterator[dict[int, Task]]:
    """Yield the tasks in order in batches, bounded in bytes unless there is one only."""
    batch: dict[int, Task] = {}
    size = 0
    for place, task in tasks.items():
        if batch and size + task.call.size > _BATCH_BYTES:
            yield batch
            batch, size = {}, 0
        batch[place] = task
        size += task.call.size
    if batch:
        yield batch


def _outcome(answer: bytes) -> Outcome:
    """Return what an answer says. It was written where hostile bytes were read, so none of it is taken on trust."""
    try:
        raise_failure(answer)
        head, _, text = answer[1:].partition(b"\n")
        said = _Head.model_validate_json(head)
        blocks = tuple(Block(*each) for each in said.blocks)
        document = ReadDocument(text.decode(), blocks, said.markdown, said.doubt, said.pictures)
    except UnreadableError as error:
        return error
    except (ValidationError, ValueError) as error:
        return UnreadableError(f"What was read cannot be understood: {error}"[:300], code="reader_failed")
    ends = [0, *(block.start for block in document.blocks)]
    inside = all(block.start <= block.end <= len(document.text) for block in document.blocks)
    if not inside or ends != sorted(ends):
        return UnreadableError("Its blocks lie outside of its text, or are not in order.", code="reader_failed")
    return document
