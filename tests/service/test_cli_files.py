"""Which files a folder gives, under which external ids, and what is left out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import typer

from service.commands.files import Choice, Gathered, gather

_NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of each kind; beside it lies a secret that a link leads to."""
    docs = tmp_path / "docs"
    (docs / "sub").mkdir(parents=True)
    (docs / ".hidden").mkdir()
    for name in ("a.md", "sub/a.md", "b.TXT", "c.exe", "noending", ".hidden/h.md", ".h.md", "../secret.md"):
        (docs / name).write_text(name, encoding="utf-8")
    (docs / "link.md").symlink_to(tmp_path / "secret.md")
    (docs / "broken.md").symlink_to("nowhere.md")
    (docs / "self.md").symlink_to("self.md")
    (docs / "sub" / "round").symlink_to(docs)
    os.mkfifo(docs / "pipe.md")
    return docs


def ids(gathered: Gathered) -> list[str]:
    return [file.external_id for file in gathered.files]


def reasons(gathered: Gathered) -> dict[str, str]:
    return {each.path.name: each.reason for each in gathered.skipped}


def test_a_folder_gives_its_plain_files_and_a_reason_for_each_other_entry(folder: Path) -> None:
    gathered = gather([folder], Choice())

    assert ids(gathered) == ["a.md", "b.TXT", "sub/a.md"]
    link = "symbolic link"
    assert reasons(gathered) == {
        ".h.md": "hidden", ".hidden": "hidden folder", "broken.md": link, "c.exe": ".exe", "link.md": link,
        "noending": "without ending", "pipe.md": "special file", "round": link, "self.md": link,
    }  # fmt: skip


def test_hidden_files_and_links_are_taken_when_asked_for(folder: Path) -> None:
    gathered = gather([folder], Choice(hidden=True, links=True))

    assert ids(gathered) == [".h.md", ".hidden/h.md", "a.md", "b.TXT", "link.md", "sub/a.md"]
    assert reasons(gathered) == {
        "broken.md": "broken link", "c.exe": ".exe", "noending": "without ending", "pipe.md": "special file",
        "round": "link to a folder above", "self.md": "broken link",
    }  # fmt: skip


def test_what_is_named_itself_is_taken_once(folder: Path) -> None:
    gathered = gather([folder / ".h.md", folder / "link.md", folder, folder / "sub" / ".." / "a.md"], Choice())

    assert ids(gathered) == [".h.md", "link.md", "a.md", "b.TXT", "sub/a.md"]


def test_paths_inside_a_root_do_not_depend_on_the_folder_named(folder: Path) -> None:
    for named in ([folder], [folder / "a.md", folder / "b.TXT", folder / "sub"]):
        assert ids(gather(named, Choice(root=folder.parent))) == ["docs/a.md", "docs/b.TXT", "docs/sub/a.md"]
    with pytest.raises(typer.BadParameter, match="outside the root"):
        gather([folder], Choice(root=folder / "sub"))


def test_two_files_with_one_external_id_are_refused_by_name(folder: Path) -> None:
    other = folder.parent / "other" / "a.md"
    other.parent.mkdir()
    other.write_text("another", encoding="utf-8")

    with pytest.raises(typer.BadParameter) as refused:
        gather([folder, other], Choice())

    assert f"{folder / 'a.md'} and {other}" in str(refused.value)


def test_a_folder_that_cannot_be_read_is_a_failure() -> None:
    with tempfile.TemporaryDirectory() as name:  # not below the folder of the test run, which is its owner's alone
        folder, user = Path(name), os.geteuid()
        folder.chmod(0o755)
        (folder / "sub").mkdir()
        (folder / "sub").chmod(0)
        if user == 0:  # to whom nothing is forbidden
            os.seteuid(_NOBODY)
        try:
            gathered = gather([folder], Choice())
        finally:
            os.seteuid(user)
            (folder / "sub").chmod(0o700)

    assert [(each.path.name, each.reason) for each in gathered.failed] == [
        ("sub", "It cannot be read: Permission denied.")
    ]


def test_a_pipe_that_is_named_is_a_failure(folder: Path) -> None:
    gathered = gather([folder / "pipe.md"], Choice())

    assert (ids(gathered), [each.path.name for each in gathered.failed]) == ([], ["pipe.md"])
