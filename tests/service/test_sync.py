"""The command `sync`: a folder is mirrored, once and all the time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from command_line import HEEDING, tandem
from serving import Served

from service.commands.files import Choice
from service.commands.mirror import Mirror
from service.commands.mirroring import Rules
from service.settings import Settings

DOCUMENTS = "/v1/domains/default/documents"


class Desk:
    """A folder beside a server, and who mirrors it."""

    def __init__(self, http: httpx.Client, home: Path, folder: Path) -> None:
        self.http = http
        self.home = home
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sync(self, rules: Rules | None = None, *, dry_run: bool = False) -> dict[str, str]:
        mirror = Mirror(self.folder, "default", self.home, Choice(links=True, root=self.folder), rules or Rules())
        return {item.external_id: item.result for item in mirror.run(dry_run=dry_run).items}

    def documents(self) -> dict[str, dict[str, object]]:
        return {each["external_id"]: each for each in self.http.get(DOCUMENTS).json()["data"]}


@pytest.fixture(scope="module")
def url(served: Served, tmp_path_factory: pytest.TempPathFactory, module_settings: Settings) -> Iterator[str]:
    """A server that the tests of this module share, each with documents of its own."""
    with served(module_settings) as address:
        yield address


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory, retriever_settings: object, minilm: object) -> Settings:
    del minilm
    return Settings(home=tmp_path_factory.mktemp("sync") / "home", retriever=retriever_settings)


@pytest.fixture
def desk(url: str, module_settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    """An empty folder and an empty domain."""
    with httpx.Client(base_url=url, timeout=120) as http:
        http.delete("/v1/domains/default")
        http.post("/v1/domains", json={"name": "default"})
        (tmp_path / "docs").mkdir()
        yield Desk(http, module_settings.home, tmp_path / "docs")


def test_a_mirror_follows_new_changed_renamed_and_deleted_files(desk: Desk) -> None:
    for name in ("a.md", "b.md", "c.md"):
        desk.write(name, f"The file {name} says this.")
    desk.http.post(f"{DOCUMENTS}?wait=true", json={"documents": [{"external_id": "own", "text": "Somebody's own."}]})
    assert desk.sync() == {"a.md": "created", "b.md": "created", "c.md": "created"}
    before = desk.documents()

    desk.write("a.md", "Another text.")
    (desk.folder / "new").mkdir()
    (desk.folder / "b.md").rename(desk.folder / "new" / "b.md")
    (desk.folder / "c.md").unlink()
    desk.write("d.md", "A fourth.")
    expected = {"a.md": "updated", "new/b.md": "renamed", "c.md": "deleted", "d.md": "created"}
    planned = desk.sync(dry_run=True)
    assert (planned, desk.documents()) == (expected, before)
    done = desk.sync()

    after = desk.documents()
    assert done == expected
    assert sorted(after) == ["a.md", "d.md", "new/b.md", "own"]
    assert (after["new/b.md"]["id"], after["new/b.md"]["version"]) == (before["b.md"]["id"], 1)
    assert (after["new/b.md"]["title"], after["new/b.md"]["status"]) == ("new/b.md", "searchable")
    assert (after["a.md"]["id"], after["a.md"]["version"]) == (before["a.md"]["id"], 2)
    assert desk.sync() == dict.fromkeys(("a.md", "d.md", "new/b.md"), "unchanged")


def test_a_renamed_file_of_another_format_is_read_as_that(desk: Desk) -> None:
    desk.write("a.txt", "# One\n\nA text.")
    desk.sync()
    before = desk.documents()["a.txt"]

    (desk.folder / "a.txt").rename(desk.folder / "a.md")

    assert desk.sync() == {"a.md": "renamed"}
    after = desk.documents()["a.md"]
    assert (after["id"], before["media_type"], after["media_type"]) == (before["id"], "text/plain", "text/markdown")


def test_what_another_way_brought_is_neither_replaced_nor_deleted(desk: Desk) -> None:
    texts = [{"external_id": name, "text": f"The text of {name}."} for name in ("a.md", "b.md")]
    desk.http.post(f"{DOCUMENTS}?wait=true", json={"documents": texts})
    desk.write("a.md", "Something else.")
    desk.write("b.md", "The text of b.md.")

    assert desk.sync() == {"a.md": "failed", "b.md": "unchanged"}
    (desk.folder / "b.md").unlink()
    assert desk.sync() == {"a.md": "failed"}
    assert desk.sync(Rules(take_over=True)) == {"a.md": "updated"}
    (desk.folder / "a.md").unlink()
    desk.write("c.md", "A third.")
    assert desk.sync() == {"a.md": "deleted", "c.md": "created"}
    assert sorted(desk.documents()) == ["b.md", "c.md"]


def test_a_file_that_cannot_be_read_keeps_its_document_and_is_named(desk: Desk) -> None:
    desk.write("a.md", "One.")
    desk.write("sub/b.md", "Two.")
    desk.write("c.md", "Three.")
    desk.sync()
    for name in ("a.md", "sub", "c.md"):
        (desk.folder / name).rename(desk.folder.parent / name)
    (desk.folder / "a.md").symlink_to(desk.folder / "missing.md")
    (desk.folder / "sub").symlink_to(desk.folder / "sub")
    (desk.folder / "c.md").symlink_to("/proc/self/mem")
    Path(os.fsdecode(os.fsencode(desk.folder) + b"/\xff.md")).write_text("No name.")

    assert desk.sync() == {"a.md": "kept", "sub/b.md": "kept", "c.md": "failed", "?.md": "failed"}
    assert sorted(desk.documents()) == ["a.md", "c.md", "sub/b.md"]


def test_the_command_says_what_it_did_and_refuses_to_empty_a_domain(desk: Desk, shell: dict[str, str]) -> None:
    shell |= {"TANDEM_HOME": str(desk.home)}
    desk.write("a.md", "One.")
    desk.write("b.exe", "no document")
    first = tandem(shell, "sync", str(desk.folder))
    assert (first.returncode, "default: 1 created" in first.stdout, "b.exe: .exe" in first.stdout) == (0, True, True)
    (desk.folder / "a.md").unlink()

    refused = tandem(shell, "sync", str(desk.folder), "--json")
    told = tandem(shell, "sync", str(desk.folder), "--delete-many")

    items = {item["result"]: item for item in json.loads(refused.stdout)["data"]}
    assert (refused.returncode, items["failed"]["error"]["code"]) == (1, "many_deletions")
    assert items["kept"]["external_id"] == "a.md"
    assert (told.returncode, "1 deleted" in told.stdout) == (0, True), told
    assert tandem(shell, "sync", str(desk.folder / "none")).returncode == 2
    assert tandem(shell, "sync", str(desk.folder), "--watch", "--dry-run").returncode == 2


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_watch_follows_changes_and_outlives_restarts_of_the_server(
    served: Served, settings: Settings, shell: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("One.")
    command = [*HEEDING, sys.executable, "-m", "service.cli", "sync", str(folder), "--watch"]
    with subprocess.Popen(command, env=shell | os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watch:

        def names(url: str) -> list[str]:
            found = httpx.get(f"{url}{DOCUMENTS}").json()["data"]
            return sorted(each["external_id"] for each in found)

        try:
            with served(settings) as url:
                soon(lambda: names(url) == ["a.md"])
            (folder / "a.md").rename(folder / "b.md")
            (folder / "c.md").write_text("Three.")
            with served(settings) as url:
                soon(lambda: names(url) == ["b.md", "c.md"])
                (folder / "c.md").unlink()
                soon(lambda: names(url) == ["b.md"])
        finally:
            watch.send_signal(signal.SIGINT)
            said, _ = watch.communicate(timeout=30)
    assert watch.returncode == 130, said
    assert said.count(b"Waiting: ") <= 3
