"""What the tests of reading share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from obeying import obeying_formats

from retriever.documents.reading import Reading
from store.ids import new_id


@pytest.fixture
def obeying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    """Reading with formats of documents that are programs, whose temporary files are below `scratch`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    opened = Reading(obeying_formats(tmp_path), lambda: tmp_path / "scratch" / new_id("tmp"))
    yield opened
    opened.close()
