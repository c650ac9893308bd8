"""The tests keep out of the folders of whoever runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from isolation import changes, contents, remove_left_folders

from retriever.models.encoder_files import default_cache
from retriever.settings import RetrieverSettings
from service.settings import default_home


def test_default_cache_and_data_folder_are_temporary_for_tests_and_their_children(
    retriever_settings: RetrieverSettings,
) -> None:
    script = (
        "from retriever.models.encoder_files import default_cache; from service.settings import default_home; "
        "print(default_cache()); print(default_home())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )

    temporary = Path(tempfile.gettempdir())
    assert printed.stdout.splitlines() == [str(default_cache()), str(default_home())]
    assert retriever_settings.cache == default_cache()
    for folder in (default_cache(), default_home()):
        assert folder.is_relative_to(temporary)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="which processes live is read from /proc")
def test_the_folder_of_a_run_that_was_killed_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"tandem-tests-{ended.pid}-a", f"tandem-tests-{os.getpid()}-b", "other-1-c"):
        (tmp_path / name).mkdir()

    remove_left_folders()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["other-1-c", f"tandem-tests-{os.getpid()}-b"]


def test_what_was_written_is_named(tmp_path: Path) -> None:
    for name in ("kept", "changed", "removed"):
        (tmp_path / name).write_text(name)
    before = contents([tmp_path, tmp_path / "not there"])

    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "added").write_text("x")
    (tmp_path / "changed").write_text("longer than before")
    (tmp_path / "removed").unlink()

    expected = [str(tmp_path / name) for name in ("below/added", "changed", "removed")]
    assert changes(before, contents([tmp_path])) == expected
