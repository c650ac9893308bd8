"""Uploads of many files: in batches, each file with an outcome of its own, and the jobs that make them searchable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.client import RequestError
from service.commands.console import at, printable, read_file
from service.commands.files import File
from service.commands.progress import Bar, bar, said_of
from service.commands.terminal import complain
from service.replies import Document, Event, Fields, Job, Reason, UploadItem, UploadList
from store.errors import InvalidInputError, TandemError

if TYPE_CHECKING:
    from service.client import Client

_BATCH = 50  # files of one request
_BATCH_BYTES = 20_000_000
_REFUSED = (413, 422)  # too large, or no file of the batch was taken: no reason to keep the next ones back
_FEW = 50  # documents that are looked at one by one; more are listed
_FINAL = ("searchable", "failed", "quarantined")
_AWKWARD = re.compile(r'["\\\x00-\x1f]')  # a multipart header has no way to write these in a file name


@dataclass(frozen=True)
class Outcome:
    """What became of a file: as `--json` prints it."""

    external_id: str
    result: str
    status: str | None
    passages: int | None
    id: str | None
    error: Reason | None
    warning: str | None = None


class Uploads:
    """The uploads of one call: an item for each file, and how many bytes each job has to read."""

    def __init__(self, server: Client, domain: str, limit: int) -> None:
        self._server = server
        self._path = f"/v1/domains/{domain}/documents"
        self._limit = limit
        self.items: list[UploadItem] = []
        self.jobs: Counter[str] = Counter()
        self._doubts: dict[str, str] = {}  # what jobs said of documents, by external id

    def send(self, files: Sequence[File], sent: Callable[[float], None]) -> None:
        """Upload the files; `sent` hears after each request which share of the bytes it was."""
        total = sum(_size(file) for file in files) or 1
        done = 0
        for batch in _batches(files):
            self._send_batch(batch)
            done += sum(_size(file) for file in batch)
            sent(min(done / total, 1.0))

    def wait(self, shown: Bar) -> list[TandemError]:
        """Wait for the jobs, each worth the bytes that it reads, and return why those failed that did."""
        total, done, errors = sum(self.jobs.values()), 0, []
        for job_id, size in self.jobs.items():

            def report(job: Job, size: int = size, done: int = done) -> None:
                shown.to((done + size * job.progress) / total, said_of(job))

            job = self._server.wait(job_id, report, cancel=False)
            if job.status != "succeeded":
                error = job.error or Reason("job_cancelled", f"The job {job_id} was {job.status}.")
                errors.append(TandemError(error.message, code=error.code))
            else:
                self._hear(job_id)
            done += size
        return errors

    def _hear(self, job_id: str) -> None:
        """Keep what a job found not certain in documents."""
        for event in self._server.pages(Event, f"/v1/jobs/{job_id}/events"):
            name = event.data.get("document")
            if event.level == "warning" and isinstance(name, str):
                self._doubts[name] = event.message.removeprefix(f"{name}: ")

    def stored(self) -> dict[str, str]:
        """Return the ids of the documents that the files became, by external id."""
        return {item.external_id: item.document.id for item in self.items if item.document}

    def outcomes(self, errors: Sequence[TandemError]) -> list[Outcome]:
        """Return what became of each file; one that no job came to has the first of the errors."""
        found = self._now([item.document for item in self.items if item.document])
        return [self._outcome(item, found, errors) for item in self.items]

    def sent(self) -> list[Outcome]:
        """Return what the server said of each file when it took it; what must still be read is not waited for."""
        return [
            self._outcome(item, {}, ()) if item.document is None else _taken(item, item.document) for item in self.items
        ]

    def fail(self, name: str, error: TandemError) -> None:
        """Note a file that cannot be uploaded."""
        self.items.append(UploadItem(printable(name), "failed", None, Reason(error.code, error.message)))

    def _send_batch(self, batch: Sequence[File]) -> None:
        parts: list[tuple[str, tuple[str, bytes]]] = []
        read: list[File] = []
        for file in batch:
            try:
                parts.append(("files", (_external_id(file), self._read(file))))
                read.append(file)
            except InvalidInputError as error:
                self.fail(file.external_id, error)
        if not parts:
            return
        alone = read[0].external_id if len(read) == 1 else None
        form = {"external_id": alone} if alone and _AWKWARD.search(alone) else None
        try:
            answer = self._server.read(UploadList, "POST", self._path, files=parts, data=form)
        except RequestError as error:
            if error.status not in _REFUSED:
                raise
            if alone:
                self.fail(alone, error)
                return
        else:
            self._note(read, answer)
            return
        parts.clear()
        for file in read:  # so that each gets a reason of its own
            self._send_batch([file])

    def _note(self, sent: Sequence[File], answer: UploadList) -> None:
        """Keep the server's outcome of each file, and what its job has to read."""
        self.items += answer.data
        answered = {item.external_id for item in answer.data}
        for file in sent:
            if file.external_id not in answered:
                self.fail(file.external_id, TandemError("The server did not say what became of it.", code="no_outcome"))
        if answer.job:
            self.jobs[answer.job] += sum(_size(file) for file in sent) or 1

    def _read(self, file: File) -> bytes:
        size = _size(file)
        if size > self._limit:
            raise InvalidInputError(f"The document has {size} bytes, allowed are {self._limit}.", code="too_large")
        return read_file(file.path)

    def _now(self, documents: Sequence[Document]) -> dict[str, Document]:
        """Return the present state of those documents that a job had to read, by id; a deleted one is missing."""
        waiting = [document.id for document in documents if document.status not in _FINAL]
        if len(waiting) > _FEW:
            return {document.id: document for document in self._server.pages(Document, self._path)}
        return {key: state for key in waiting for state in self._server.found(Document, f"{self._path}/{key}")}

    def _outcome(self, item: UploadItem, found: Mapping[str, Document], errors: Sequence[TandemError]) -> Outcome:
        document = item.document
        if document is None:
            return Outcome(item.external_id, "failed" if item.error else item.result, None, None, None, item.error)
        if document.status not in _FINAL:
            document = found.get(document.id) or Document(document.id, status="deleted")
        error = item.error or document.error
        if error is None and document.status not in ("searchable", "deleted"):
            first = next(iter(errors), TandemError("The document is not searchable yet.", code="not_ready"))
            error = Reason(first.code, first.message)
        result = "failed" if error else item.result
        warning = None if error else self._warning(item)
        return Outcome(item.external_id, result, document.status, document.passages, document.id, error, warning)

    def _warning(self, item: UploadItem) -> str | None:
        """Return what is not certain in a document, each thing once: the job may say again what the upload said."""
        known, doubt = item.warning or "", self._doubts.get(item.external_id, "")
        return (known if doubt in known else f"{known} {doubt}".strip()) or None


def make_domain(server: Client, name: str) -> None:
    """Create the domain if it is missing."""
    if not server.found(Fields, at("domains", name)):
        server.call("POST", "/v1/domains", json={"name": name})


def wait_for(uploads: Uploads) -> Sequence[TandemError]:
    """Wait for the jobs of the uploads and return the errors of those that failed; an interrupt leaves them alone."""
    if not uploads.jobs:
        return []
    try:
        with bar("ingest") as shown:
            return uploads.wait(shown)
    except KeyboardInterrupt:
        complain("What was uploaded is stored; a server makes it searchable, now or when it starts.")
        raise


def _taken(item: UploadItem, document: Document) -> Outcome:
    error = item.error or document.error
    result = "failed" if error else item.result
    warning = None if error else item.warning
    return Outcome(item.external_id, result, document.status, document.passages, document.id, error, warning)


def _batches(files: Sequence[File]) -> Iterator[list[File]]:
    """Cut the files into what one request takes, by their number and by their bytes."""
    batch: list[File] = []
    size = 0
    for file in files:
        more = _size(file)
        alone = _AWKWARD.search(file.external_id)
        if batch and (len(batch) == _BATCH or size + more > _BATCH_BYTES or alone):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += more
        if alone:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(file: File) -> int:
    """Return the bytes of the file, or 0 if that cannot be seen: reading it says what is wrong."""
    try:
        return file.path.stat().st_size
    except OSError:
        return 0


def _external_id(file: File) -> str:
    if printable(file.external_id) != file.external_id:
        raise InvalidInputError("The name of the file is not UTF-8.", code="unreadable_name")
    return file.external_id
