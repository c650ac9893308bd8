"""The tests keep out of the folders of whoever runs them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from isolation import changes, contents

from retriever.encoder_files import default_cache
from retriever.settings import RetrieverSettings
from service.settings import default_home


def test_default_cache_and_data_folder_are_temporary_for_tests_and_their_children(
    retriever_settings: RetrieverSettings,
) -> None:
    script = (
        "from retriever.encoder_files import default_cache; from service.settings import default_home; "
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
