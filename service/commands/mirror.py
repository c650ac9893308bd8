"""One mirroring of a folder through a server: look, plan, do, remember."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from service.client import Client, RequestError, connect
from service.commands.brought import Brought
from service.commands.console import at, printable
from service.commands.files import Choice, File, Gathered, gather
from service.commands.mirroring import Hashes, Plan, Rename, Rules, hashed, plan, unreadable_places
from service.commands.progress import bar
from service.commands.sources import Sources
from service.commands.uploading import Outcome, Uploads, make_domain, wait_for
from service.replies import Document, Reason
from service.settings import load_settings


@dataclass(frozen=True)
class Item:
    """What became of a file or of a document, as `--json` prints it; `before` is the external id that it had."""

    external_id: str
    result: str  # created, updated, renamed, deleted, unchanged, kept, failed
    id: str | None = None
    before: str | None = None
    status: str | None = None
    passages: int | None = None
    error: Reason | None = None
    warning: str | None = None  # what is not certain in the text that was read


@dataclass
class Round:
    """What one mirroring did, or would do."""

    gathered: Gathered
    items: list[Item] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something could not be done, or there was nothing to do it with."""
        return not self.items or any(item.error for item in self.items)

    @property
    def did_something(self) -> bool:
        """Whether there is more to say than that all is as before."""
        return any(item.result != "unchanged" for item in self.items)


class Mirror:
    """A folder that is mirrored into a domain; it remembers the hashes of files from one round to the next."""

    def __init__(self, folder: Path, domain: str, home: Path | None, choice: Choice, rules: Rules) -> None:
        self.domain = domain
        self.complaint = ""  # why the last try failed
        self._told_of: set[str] = set()  # documents of which it was said that they failed
        self._folder = folder
        self._home = home
        self._choice = choice
        self._rules = rules
        self._hashes = Hashes()
        self._settings = load_settings(home)
        self._brought = Brought(self._settings.home, domain, folder)

    def retry_no_failures(self) -> None:
        """From now on, leave files alone whose document failed as long as their bytes are the same."""
        self._rules = dataclasses.replace(self._rules, retry=False)

    def run(self, *, dry_run: bool, follows: bool = False) -> Round:
        """Mirror the folder once, until all is searchable.

        One that `follows` it waits for no job, so that the next change is not kept waiting, and tells a failure once it
        sees it; a `TandemError` says that no server runs.
        """
        gathered = gather([self._folder], self._choice)
        limit = self._settings.retriever.max_document_bytes
        sayable = [file for file in gathered.files if printable(file.external_id) == file.external_id]
        files, failed = hashed(sayable, self._hashes, limit)
        blind = unreadable_places(gathered, self._choice.root or self._folder)
        done = Round(gathered)
        for left in gathered.failed:
            done.items.append(_failed(printable(str(left.path)), left.reason, "unreadable_file"))
        for file in {*gathered.files} - {*sayable}:
            done.items.append(_failed(printable(file.external_id), "Its name is not UTF-8.", "unreadable_name"))
        for file, reason in failed:
            blind.append(PurePosixPath(file.external_id))
            message = f"It cannot be read: {reason.strerror}."
            done.items.append(_failed(printable(file.external_id), message, "unreadable_file"))
        with connect(self._home, own=not follows) as server:
            documents = self._documents(server)
            mine = self._mine(documents, files)
            wanted = plan(files, documents, mine, blind, self._rules)
            done.items += self._told(wanted, {item.external_id for item in done.items})
            if dry_run:
                done.items += _intended(wanted)
            else:
                done.items += self._do(server, wanted, files, mine, waits=not follows)
        return done

    def _documents(self, server: Client) -> list[Document]:
        try:
            return list(server.pages(Document, at("domains", self.domain, "documents")))
        except RequestError as error:
            if error.status != 404:
                raise
            return []

    def _mine(self, documents: Sequence[Document], files: Iterable[File]) -> set[str]:
        """Return the ids of the documents that the folder brought, by whichever command."""
        sources = Sources(self._settings.home, self.domain)
        by_name = {document.external_id: document.id for document in documents}
        found = [(file, by_name[file.external_id]) for file in files if file.external_id in by_name]
        return self._brought.among(documents) | {key for file, key in found if sources.made(file, key)}

    def _do(self, server: Client, wanted: Plan, files: dict[File, str], mine: set[str], *, waits: bool) -> list[Item]:
        uploads = Uploads(server, self.domain, self._settings.retriever.max_document_bytes)
        new = [(file.external_id, files[file]) for file in wanted.new]
        if new or wanted.changed:
            make_domain(server, self.domain)
            self._brought.will_send(new)
        items, renamed = self._rename(server, wanted.renamed)
        sent = [*wanted.new, *wanted.changed, *(each.file for each in renamed)]
        if sent:
            says = f"upload of {len(sent)} files"
            with bar(says) as shown:
                uploads.send(sent, lambda share: shown.to(share, says))
        self._brought.are({*mine, *uploads.stored().values(), *(each.id for each in wanted.adopted)}, ())
        items += self._delete(server, wanted.deleted)
        outcomes = uploads.outcomes(wait_for(uploads)) if waits else uploads.sent()
        before = {each.file.external_id: each.document.external_id for each in renamed}
        return items + [_item(each, before.get(each.external_id)) for each in outcomes]

    def _rename(self, server: Client, wanted: Sequence[Rename]) -> tuple[list[Item], list[Rename]]:
        """Give documents their new external ids; return what failed, and what was renamed and must be sent."""
        failed: list[Item] = []
        renamed: list[Rename] = []
        for each in wanted:
            body: dict[str, object] = {"external_id": each.file.external_id}
            if each.document.title == each.document.external_id:
                body["title"] = each.file.external_id
            try:
                server.call("PATCH", at("domains", self.domain, "documents", each.document.id), json=body)
            except RequestError as error:
                failed.append(_failed(printable(each.file.external_id), error.message, error.code))
            else:
                renamed.append(each)
        return failed, renamed

    def _delete(self, server: Client, wanted: Sequence[Document]) -> list[Item]:
        items = []
        for document in wanted:
            try:
                server.call("DELETE", at("domains", self.domain, "documents", document.id))
            except RequestError as error:
                if error.status != 404:  # else somebody was quicker
                    items.append(_failed(document.external_id, error.message, error.code))
                    continue
            items.append(Item(document.external_id, "deleted", document.id))
        self._brought.are((), {item.id for item in items if item.id})
        return items

    def _told(self, wanted: Plan, named: set[str]) -> list[Item]:
        """Return what is left as it is, and why; what is `named` already is not said again."""
        items = [_failed(name, error.message, error.code) for name, error in wanted.refused]
        if wanted.too_many is not None:
            items.append(_failed(printable(str(self._folder)), wanted.too_many.message, wanted.too_many.code))
        kept = [each for each in wanted.kept if each.external_id not in named]
        items += [Item(each.external_id, "kept", each.id, status=each.status) for each in kept]
        for each in wanted.unchanged:
            error = each.error if self._rules.retry or each.id not in self._told_of else None
            self._told_of |= {each.id} if error else set()
            result = "failed" if error else "unchanged"
            items.append(Item(each.external_id, result, each.id, None, each.status, each.passages, error))
        return items


def _intended(wanted: Plan) -> list[Item]:
    """Return what would be done."""
    return [
        *(Item(printable(each.external_id), "created") for each in wanted.new),
        *(Item(printable(each.external_id), "updated") for each in wanted.changed),
        *(Item(r.file.external_id, "renamed", r.document.id, r.document.external_id) for r in wanted.renamed),
        *(Item(each.external_id, "deleted", each.id) for each in wanted.deleted),
    ]


def _item(outcome: Outcome, before: str | None) -> Item:
    result = "renamed" if before is not None and outcome.error is None else outcome.result
    more = (outcome.status, outcome.passages, outcome.error, outcome.warning)
    return Item(outcome.external_id, result, outcome.id, before, *more)


def _failed(name: str, message: str, code: str | None) -> Item:
    return Item(name, "failed", error=Reason(code or "failed", message))
