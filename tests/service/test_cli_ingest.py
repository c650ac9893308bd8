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

    def __call__(self, _: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.endswith("/documents"):
            return self._upload(re.findall(rb'filename="([^"]+)"', body))
        if path.startswith("/v1/domains/default/documents/"):
            return 200, {"id": "doc", "status": "searchable", "passages": 1, "error": None}
        return 200, {"object": "list", "data": [{"name": "default"}]}

    def _upload(self, found: list[bytes]) -> tuple[int, Any]:
        names = [name.decode() for name in found]
        self.batches.append(names)
        good = [name for name in names if not name.startswith("bad")]
        if not good:
            return refusal(422, f"{names[0]} is bad.")
        items = [{"external_id": name, "result": "created", "document": {"id": "doc"}, "error": None} for name in good]
        return 200, {"data": items, "job": None}


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
        ended = tandem(bare, "ingest", str(folder), "--json")

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
