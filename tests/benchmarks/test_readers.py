"""The comparison of readers: what each read, and how much of that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from office_files import docx, pdf, word

from benchmarks import readers


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    (tmp_path / "a.pdf").write_bytes(pdf([[(72, 700, "The office opens at nine.")], [(72, 700, "Lunch is at noon.")]]))
    (tmp_path / "b.docx").write_bytes(docx(word("Twenty-five days of leave.")))
    (tmp_path / "c.docx").write_bytes(b"damaged")
    return sorted(tmp_path.iterdir())


def test_every_reader_that_is_there_reads_and_its_computing_counts(papers: list[Path]) -> None:
    done = readers._timed(readers._tandem, papers)

    assert done.texts == ["The office opens at nine.\n\nLunch is at noon.", "Twenty-five days of leave.", ""]
    assert done.computing > 0
    assert readers._readers("pdf")["pypdf"](papers[:1]) == ["The office opens at nine.\nLunch is at noon."]
    assert "pypdf" not in readers._readers("docx")


def test_a_reader_that_fails_at_a_document_goes_on(papers: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    read = readers._each(lambda path: path.read_text("ascii"))

    assert read(papers)[2] == "damaged"
    assert "a.pdf" in capsys.readouterr().err or read(papers)[0]


def test_a_reader_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(suffix: str) -> None:
        raise ImportError(suffix)

    monkeypatch.setattr(readers, "_markitdown", missing)

    assert "markitdown" not in readers._readers("pdf")
    assert "markitdown is left out" in capsys.readouterr().err


def test_what_a_paper_says_is_known_without_the_readers_that_are_compared(papers: list[Path]) -> None:
    paper = readers._paper(papers[1])

    assert paper is not None
    assert (paper.says, paper.pages) == ("Twenty-five days of leave.", 1.0)
