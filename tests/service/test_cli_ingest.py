"""The command `ingest`: files in batches, and those that are refused or cannot be read."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from command_line import tandem
from pretended_server import pretended, refusal


def test_a_file_that_cannot_be_read_is_named_and_fails_the_command(shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("A fact.", encoding="utf-8")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")

    ended = tandem(shell, "ingest", str(tmp_path / "good.md"), str(tmp_path / "empty.md"), "--json")

    items = {item["external_id"]: item for item in json.loads(ended.stdout)["data"]}
    assert ended.returncode == 1
    assert items["good.md"]["status"] == "searchable"
    assert items["empty.md"]["error"]["code"] == "empty_document"


class Documents:
    """Pretends to take uploads; files that are called bad are refused."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.documents: dict[str, dict[str, Any]] = {}

    def __call__(self, _: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.endswith("/documents"):
            return self._upload(re.findall(rb'filename="([^"]+)"', body))
        if path.startswith("/v1/domains/default/documents/"):
            return 200, self.documents[path.rpartition("/")[2]]
        return 200, {"object": "list", "data": list(self.documents.values()), "has_more": False}

    def _upload(self, found: list[bytes]) -> tuple[int, Any]:
        names = [name.decode() for name in found]
        self.batches.append(names)
        good = [name for name in names if not name.startswith("bad")]
        if not good:
            return refusal(422, f"{names[0]} is bad.")
        items = [
            {"external_id": name, "result": "created", "document": self._made(name), "error": None} for name in good
        ]
        return 200, {"data": items, "job": None}

    def _made(self, name: str) -> dict[str, Any]:
        about = {"id": f"doc_{len(self.documents)}", "external_id": name, "sha256": "", "status": "searchable"}
        return self.documents.setdefault(about["id"], about | {"passages": 1, "error": None})


def test_a_refused_batch_does_not_keep_the_next_ones_back(bare: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(50):
        (folder / f"bad{number:02}.md").write_text("x", encoding="utf-8")
    for name in ("good.md", "so.md"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "unreadable.md").symlink_to("/proc/self/mem")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("x", encoding="utf-8")

    documents = Documents()
    with pretended(bare, documents):
        ended = tandem(bare, "ingest", str(folder), "--follow-links", "--json")

    items = {item["external_id"]: item for item in json.loads(ended.stdout)["data"]}
    assert ended.returncode == 1
    assert (len(items), documents.batches[-1]) == (54, ["good.md", "so.md"])
    assert [name for name, item in items.items() if item["result"] == "created"] == ["good.md", "so.md"]
    assert items["bad07.md"]["error"]["message"] == "bad07.md is bad."
    assert "cannot be read: " in items["unreadable.md"]["error"]["message"]
    assert items["?.md"]["error"]["code"] == "unreadable_name"


def test_batches_are_limited_in_bytes(bare: dict[str, str], tmp_path: Path) -> None:
    for number, size in enumerate((9, 9, 9, 30, 1)):
        with (tmp_path / f"{number}.md").open("wb") as file:
            file.truncate(size * 1_000_000)

    documents = Documents()
    with pretended(bare, documents):
        ended = tandem(bare, "ingest", *(str(tmp_path / f"{number}.md") for number in range(5)))

    assert ended.returncode == 0, ended.stderr
    assert documents.batches == [["0.md", "1.md"], ["2.md"], ["3.md"], ["4.md"]]


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The file {name} says this.", encoding="utf-8")


def test_what_is_skipped_is_told_by_number_kind_and_name(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.md", "b.exe", "c.psd", ".git/config.md")

    with pretended(bare, Documents()) as seen:
        told = tandem(bare, "ingest", str(tmp_path / "docs"))
        as_json = tandem(bare, "ingest", str(tmp_path / "docs"), "--json")

    assert (told.returncode, "3 files skipped: 1 .exe, 1 .psd, 1 hidden folder" in told.stdout) == (0, True), told
    assert all(name in told.stdout for name in ("b.exe", "c.psd", ".git"))
    assert [each["reason"] for each in json.loads(as_json.stdout)["skipped"]] == ["hidden folder", ".exe", ".psd"]
    assert b"config.md" not in b"".join(body for _, _, body in seen)


def test_a_folder_of_which_nothing_was_taken_fails(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "docs", "b.exe")

    ended = tandem(bare, "ingest", str(tmp_path / "docs"))

    assert (ended.returncode, "1 file skipped: 1 .exe" in ended.stdout) == (1, True), ended


def test_many_files_end_in_totals_and_failures_only(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "docs", *(f"{number:03}.md" for number in range(120)), "bad.md")

    with pretended(bare, Documents()):
        ended = tandem(bare, "ingest", str(tmp_path / "docs"))
        named = tandem(bare, "ingest", str(tmp_path / "docs"), "--verbose")

    assert (ended.returncode, len(ended.stdout.splitlines())) == (1, 3), ended.stdout
    assert "bad.md" in ended.stdout
    assert "121 files, 120 created, 1 failed" in ended.stdout
    assert named.stdout.count(".md") > 120


def test_two_files_of_one_name_never_replace_each_other(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, "a/x.md", "b/x.md")
    documents = Documents()

    with pretended(bare, documents):
        refused = tandem(bare, "ingest", "a/x.md", "b/x.md", cwd=tmp_path)
        sent = tandem(bare, "ingest", "a", "b", "--root", ".", cwd=tmp_path)

    assert (refused.returncode, sent.returncode) == (2, 0), sent.stderr
    assert "a/x.md and b/x.md" in refused.stderr
    assert documents.batches == [["a/x.md", "b/x.md"]]


def test_a_name_that_a_header_cannot_hold_arrives_as_it_is(shell: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "docs", 'say "aha".md', "back\\slash.md", "say %22aha%22.md", "plain.md")

    ended = tandem(shell, "ingest", str(tmp_path / "docs"), "--json")

    assert ended.returncode == 0, ended.stderr
    found = sorted(item["external_id"] for item in json.loads(ended.stdout)["data"])
    assert found == sorted(["back\\slash.md", "plain.md", 'say "aha".md', "say %22aha%22.md"])


def test_what_is_in_doubt_is_told_of_uploads_and_of_their_jobs_once(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.pdf", "b.txt", "c.md")
    searchable = {"status": "searchable", "passages": 1, "error": None}
    said = {"a.pdf": None, "b.txt": "A guess.", "c.md": None}
    items = [
        {"external_id": name, "result": "created", "error": None, "warning": warning,
         "document": {"id": f"doc_{name}", **searchable}} for name, warning in said.items()
    ]  # fmt: skip
    events = [
        {"level": level, "message": message, "data": data, "created_at": 0}
        for level, message, data in (
            ("info", "c.md: searchable", {"documents": 1}),
            ("warning", "a.pdf: Pages that are pictures: 2.", {"document": "a.pdf"}),
            ("warning", "b.txt: A guess.", {"document": "b.txt"}),
        )
    ]
    job = {"id": "job_1", "kind": "ingest", "status": "succeeded", "progress": 1.0, "error": None}

    def answers(method: str, path: str, _: bytes) -> tuple[int, Any]:
        if method == "POST":
            return 202, {"data": items, "job": "job_1"}
        if path.startswith("/v1/jobs/job_1/events"):
            return 200, {"data": events}
        if "external_id=" in path:
            return 200, {"data": []}
        return (
            (200, job)
            if "/jobs/" in path
            else (404, {"error": {"message": "No.", "type": "t", "param": None, "code": "c"}})
        )

    with pretended(bare, answers):
        told = tandem(bare, "ingest", str(tmp_path / "docs"))
        as_json = tandem(bare, "ingest", str(tmp_path / "docs"), "--json")

    warnings = {each["external_id"]: each["warning"] for each in json.loads(as_json.stdout)["data"]}
    assert warnings == {"a.pdf": "Pages that are pictures: 2.", "b.txt": "A guess.", "c.md": None}
    assert (told.returncode, "Pages that are pictures: 2." in told.stdout, "c.md" in told.stdout) == (0, True, False)


def test_a_failed_job_fails_the_files_that_it_left(bare: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    job = {
        "id": "job_1",
        "kind": "ingest",
        "status": "failed",
        "progress": 0.5,
        "error": {"code": "c", "message": "No."},
    }
    waiting = {"id": "doc_1", "status": "received", "passages": 0, "error": None}
    item = {"external_id": "a.md", "result": "created", "document": waiting, "error": None}

    def answers(method: str, path: str, _: bytes) -> tuple[int, Any]:
        if method == "POST":
            return 202, {"data": [item], "job": "job_1"}
        return 200, job if "/jobs/" in path else waiting

    with pretended(bare, answers):
        ended = tandem(bare, "ingest", str(tmp_path / "a.md"), "--json")

    (outcome,) = json.loads(ended.stdout)["data"]
    assert (ended.returncode, outcome["result"], outcome["error"]["message"]) == (1, "failed", "No.")
