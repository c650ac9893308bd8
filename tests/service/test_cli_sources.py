"""Which document a file is, when it is ingested again, from another folder, or after another file of its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Served

from service.client import Client
from service.commands.files import Choice, gather
from service.commands.sources import Sources
from service.commands.uploading import Uploads
from service.replies import Document
from service.settings import Settings
from store.errors import TandemError


class Desk:
    """Ingests as the command does, and says what became of each file."""

    def __init__(self, client: Client, home: Path) -> None:
        self.client = client
        self.home = home

    def ingest(self, *paths: Path, root: Path | None = None, take_over: bool = False) -> list[tuple[str, str]]:
        uploads = Uploads(self.client, "default", 10**6)
        sources = Sources(self.home, "default")
        found = gather(paths, Choice(root=root)).files
        files = sources.settle(self.client, found, rename=root is None, fail=None if take_over else uploads.fail)
        uploads.send(files, lambda _: None)
        sources.remember(files, uploads.stored(), take_over=take_over)
        return [(item.external_id, item.result) for item in uploads.items]

    def documents(self) -> list[Document]:
        return list(self.client.pages(Document, "/v1/domains/default/documents"))


@pytest.fixture
def desk(served: Served, settings: Settings) -> Iterator[Desk]:
    """A server with an empty data folder, and who uploads to it."""
    with served(settings) as url, httpx.Client(base_url=url, timeout=120) as http:
        yield Desk(Client(http), settings.home)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_keeps_its_external_id_from_whichever_folder_it_comes(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path, "docs/a/x.md", "One.")

    assert desk.ingest(tmp_path / "docs") == [("a/x.md", "created")]
    assert desk.ingest(tmp_path / "docs" / "a") == [("a/x.md", "unchanged")]
    write(tmp_path, "docs/a/x.md", "Another.")
    assert desk.ingest(file) == [("a/x.md", "updated")]
    assert desk.ingest(file, root=tmp_path) == [("docs/a/x.md", "created")]


def test_another_file_of_the_same_name_replaces_a_document_only_when_asked(desk: Desk, tmp_path: Path) -> None:
    one, other = write(tmp_path, "a/x.md", "One."), write(tmp_path, "b/x.md", "Other.")
    desk.ingest(one)
    before = desk.documents()

    assert desk.ingest(other) == [("x.md", "failed")]
    assert desk.documents() == before
    assert desk.ingest(other, take_over=True) == [("x.md", "updated")]
    assert desk.ingest(one) == [("x.md", "failed")]


def test_equal_files_are_one_document_until_one_of_them_changes(desk: Desk, tmp_path: Path) -> None:
    one, copy = write(tmp_path, "a/x.md", "One."), write(tmp_path, "b/x.md", "One.")
    desk.ingest(one)

    assert desk.ingest(copy) == [("x.md", "unchanged")]
    copy.write_text("Changed.", encoding="utf-8")
    assert desk.ingest(copy) == [("x.md", "failed")]
    one.write_text("Changed, too.", encoding="utf-8")
    assert desk.ingest(one) == [("x.md", "updated")]


def test_many_files_are_told_apart_as_well(desk: Desk, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        for number in range(60):
            write(tmp_path, f"{folder}/{number}.md", f"Number {number} of {folder}.")
    desk.ingest(tmp_path / "a")

    assert {result for _, result in desk.ingest(tmp_path / "b")} == {"failed"}
    assert {result for _, result in desk.ingest(tmp_path / "a")} == {"unchanged"}


def test_what_was_deleted_or_came_over_http_belongs_to_no_file(desk: Desk, tmp_path: Path) -> None:
    one, other = write(tmp_path, "a/x.md", "One."), write(tmp_path, "b/x.md", "Other.")
    desk.ingest(one)
    desk.client.call("DELETE", f"/v1/domains/default/documents/{desk.documents()[0].id}")

    assert desk.ingest(other) == [("x.md", "created")]
    text = {"documents": [{"external_id": "y.md", "text": "Over HTTP."}]}
    desk.client.call("POST", "/v1/domains/default/documents", json=text)
    assert desk.ingest(write(tmp_path, "a/y.md", "Mine.")) == [("y.md", "updated")]
    remembered = b"".join(path.read_bytes() for path in desk.home.glob("ingested.json*"))
    assert [secret for secret in (b"x.md", bytes(tmp_path)) if secret in remembered] == []


def test_a_refusal_names_the_ways_out(desk: Desk, tmp_path: Path) -> None:
    desk.ingest(write(tmp_path, "a/x.md", "One."))
    heard: list[TandemError] = []
    files = gather([write(tmp_path, "b/x.md", "Other.")], Choice()).files

    Sources(desk.home, "default").settle(desk.client, files, rename=True, fail=lambda _, error: heard.append(error))

    assert [all(way in error.message for way in ("--replace", "--root")) for error in heard] == [True]
