"""PDF and DOCX read by Tandem and by the readers that others use: `python -m benchmarks.readers --data DIR`.

DIR holds `docs_messy/` (default: TANDEM_DATA); `--folder` names any other folder of PDF and DOCX files. Prints for each
reader: pages per second of computing, the share of what documents say that it read, and the share of what it read that
they say, by runs of four letters and digits. What PDFs say is what `pdftotext` (poppler-utils) finds, which none of the
readers uses; what DOCX files say are the strings in the XML of their body, so that formulas, headers and what a reader
repeats count as not said. Scans are left out, and no text in pictures is read.

The others need: pip install llama-index-readers-file docx2txt 'markitdown[pdf,docx]'. Who is missing is named.
"""

from __future__ import annotations

import argparse
import io
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median

import pypdfium2

from benchmarks.documents_references import recall, reference
from benchmarks.sets import data_folder
from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats.table import FORMATS, format_of_upload
from retriever.documents.reading import Original, Reading

_LEAST = 8  # letters of what a document says: one with fewer is a picture
_POPPLER = "pdftotext"
_PAGE = 3000  # characters of a DOCX file that count as a page
ReadAll = Callable[[Sequence[Path]], list[str]]


@dataclass(frozen=True)
class Paper:
    """A document, how many pages it has, and what it says."""

    path: Path
    pages: float
    says: str


@dataclass(frozen=True)
class Outcome:
    """What a reader made of documents: their texts, and seconds on the clock and of computing."""

    texts: list[str]
    wall: float
    computing: float


def main() -> None:
    """Read everything with every reader and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of data sets")
    parser.add_argument("--folder", type=Path, help="a folder of PDF and DOCX files instead")
    parser.add_argument("--all", action="store_true", help="print the shares of every file, too")
    options = parser.parse_args()
    if shutil.which(_POPPLER) is None:
        parser.exit(2, "pdftotext is missing: install poppler-utils.\n")
    folder = options.folder or data_folder(options.data) / "docs_messy" / "clean"
    for suffix in ("pdf", "docx"):
        papers = [paper for path in sorted(folder.glob(f"*.{suffix}")) if (paper := _paper(path)) is not None]
        pages = sum(paper.pages for paper in papers)
        print(f"\n{suffix.upper()}: {len(papers)} files, {pages:.0f} pages")
        print(f"{'reader':28} {'pages/s':>8} {'wall s':>7} {'read: mean':>11} {'median':>7} {'least':>6} {'true':>6}")
        for name, read in _readers(suffix).items():
            _print(name, papers, pages, _timed(read, [paper.path for paper in papers]), named=options.all)


def _print(name: str, papers: Sequence[Paper], pages: float, done: Outcome, *, named: bool) -> None:
    found = [recall(text, paper.says) for text, paper in zip(done.texts, papers, strict=True)]
    true = [recall(paper.says, text) if text.strip() else 1.0 for text, paper in zip(done.texts, papers, strict=True)]
    speed = pages / max(done.computing, 1e-9)
    print(
        f"{name:28} {speed:8.1f} {done.wall:7.1f} {mean(found):11.3f} {median(found):7.3f} {min(found):6.3f} "
        f"{mean(true):6.3f}"
    )
    for paper, share, truth in zip(papers, found, true, strict=True) if named else ():
        print(f"    {paper.path.name:60} {share:.3f} {truth:.3f}")


def _paper(path: Path) -> Paper | None:
    """Return what is known of a document, None of one that says next to nothing."""
    if path.suffix == ".docx":
        says = reference(path.name, path.read_bytes()) or ""
        pages = max(1.0, len(says) / _PAGE)
    else:
        said = subprocess.run([_POPPLER, "-q", path, "-"], capture_output=True, check=False)
        says = said.stdout.decode("utf-8", "replace")
        pages = 0.0 if said.returncode else float(len(pypdfium2.PdfDocument(path)))
    return Paper(path, pages, says) if sum(map(str.isalnum, says)) >= _LEAST else None


def _timed(read: ReadAll, paths: Sequence[Path]) -> Outcome:
    """Return what a reader makes of documents, after it has read one to have everything loaded."""
    read(paths[:1])
    before, begun = _computing(), time.perf_counter()
    texts = read(paths)
    return Outcome(texts, time.perf_counter() - begun, _computing() - before)


def _computing() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _readers(suffix: str) -> dict[str, ReadAll]:
    """Return the readers that are installed, by name."""
    found: dict[str, ReadAll] = {"Tandem, in its process": _tandem}
    for name, make in (("LlamaIndex PDFReader/Docx", _llama_index), ("markitdown", _markitdown), ("pypdf", _pypdf)):
        try:
            read = make(suffix)
        except ImportError as error:
            sys.stderr.write(f"{name} is left out: {error}. See --help for what to install.\n")
            continue
        if read is not None:
            found[name] = read
    return found


def _tandem(paths: Sequence[Path]) -> list[str]:
    """Read as the server does, each in a fresh process with limits; the time of these processes counts."""
    reading = Reading([replace(form, ocr=None) for form in FORMATS])
    texts = []
    for path in paths:
        data = path.read_bytes()
        try:
            media_type = format_of_upload(path.name, data).format.media_type
        except UnreadableError:  # refused before any process begins
            texts.append("")
            continue
        (outcome,) = reading.read([Original(media_type, data)])
        texts.append(outcome.text if isinstance(outcome, ReadDocument) else "")
    reading.read([Original("text/plain", b"the end")])  # by then the process of the last one has ended, and counts
    reading.close()
    return texts


def _llama_index(suffix: str) -> ReadAll:
    from llama_index.readers.file import DocxReader, PDFReader

    reader = PDFReader() if suffix == "pdf" else DocxReader()
    return _each(lambda path: "\n".join(document.text for document in reader.load_data(path)))


def _markitdown(suffix: str) -> ReadAll:
    from markitdown import MarkItDown

    if suffix == "pdf":
        import pdfminer  # noqa: F401  (without it there is text of no PDF)
    converter = MarkItDown()
    return _each(lambda path: converter.convert(str(path)).text_content)


def _pypdf(suffix: str) -> ReadAll | None:
    import pypdf

    if suffix != "pdf":
        return None
    return _each(
        lambda path: "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages)
    )


def _each(read: Callable[[Path], str]) -> ReadAll:
    """Return what reads documents one after the other; one that a reader fails at has no text."""

    def all_of(paths: Sequence[Path]) -> list[str]:
        texts = []
        for path in paths:
            try:
                texts.append(read(path))
            except Exception as error:  # noqa: BLE001  (whatever another project's reader raises, it has failed)
                sys.stderr.write(f"{path.name}: {type(error).__name__}: {str(error)[:100]}\n")
                texts.append("")
        return texts

    return all_of


if __name__ == "__main__":
    main()
