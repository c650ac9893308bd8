"""Documents of every format, clean and hostile: `python -m benchmarks.documents --data DIR`.

DIR holds `docs_messy/` (default: TANDEM_DATA). Reads every file as the server does, each in its own limited process,
and prints: how many clean ones are right (95 % of what another reader finds in them), what share of that they hold,
cells of tables found by row and column, how many hostile ones end as their manifest expects, time, memory, and files
written where none should be.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.documents_cells import CELLS, Asked
from benchmarks.documents_references import recall, reference
from benchmarks.sets import data_folder
from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats.table import OCR, format_of_upload
from retriever.documents.reading import Original, Reading
from retriever.documents.structure.parsing import units

_RIGHT = 0.95
_UNCLEAN = ("reader_failed", "reader_crashed")  # codes of what is not refused, but went wrong
_SAID = {
    "umlauts-non-utf8.md": "ä", "prompt_injection_en.md": "45 EUR", "prompt_injection_zh.md": "120元",
    "html_named.txt": "北京", "pdf_named.docx": "LayoutParser",
    "MEDRPT-2024-PAT-3847_medical_report_scan.pdf": "142/88",
}  # fmt: skip
_CODES = {'"encrypted" error': "encrypted", 'clean "too large" error, bounded memory': "too_large"}


@dataclass(frozen=True)
class Read:
    """What became of a file: its text, or the code and message of why there is none; and in what time."""

    document: ReadDocument | None
    code: str
    message: str
    seconds: float

    @property
    def text(self) -> str:
        """What was read, "" if nothing."""
        return self.document.text if self.document is not None else ""


def main() -> None:
    """Read everything and print the tables."""
    options = _options()
    folder = data_folder(options.data) / "docs_messy"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    before = _memory()
    with tempfile.TemporaryDirectory() as watched:
        os.environ["TMPDIR"] = watched
        listing = _listing(folder, Path(watched))
        found, grown = _read_all(folder, [entry["file"] for entry in manifest], before)
        written = sorted(_listing(folder, Path(watched)) - listing)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [_judged(entry, found[entry["file"]], folder) for entry in manifest]
    for name, judged in rows:
        if options.all or judged:
            print(f"{name:58} {found[name].seconds:7.2f} s  {judged or 'right'}")
    _print_summary(found, rows, folder)
    pictures = sum(each.seconds for each in found.values() if each.document and "ocr" in _sources(each.document))
    total = sum(each.seconds for each in found.values())
    print(f"time {total:.1f} s, of it {pictures:.1f} s for pictures; CPU {used.ru_utime + used.ru_stime:.1f} s of all")
    print(f"memory: this process {before} MB, then {grown:+d} MB at most; a reader at most {used.ru_maxrss >> 10} MB")
    print(f"written outside: {written or 'nothing'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of data sets")
    parser.add_argument("--all", action="store_true", help="name the files that are right, too")
    return parser.parse_args()


def _read_all(folder: Path, names: Sequence[str], before: int) -> tuple[dict[str, Read], int]:
    """Return what became of each file, and by how many MB this process grew at most meanwhile."""
    reading, grown = Reading(), 0
    found: dict[str, Read] = {}
    for name in names:
        data = (folder / name).read_bytes()
        begun = time.perf_counter()
        found[name] = _read(reading, name, data, begun)
        grown = max(grown, _memory() - before)
        sys.stderr.write(f"\r{len(found)} of {len(names)} {name[:70]:70}")
    sys.stderr.write("\n")
    reading.close()
    return found, grown


def _read(reading: Reading, name: str, data: bytes, begun: float) -> Read:
    try:
        media_type = format_of_upload(Path(name).name, data).format.media_type
        (outcome,) = reading.read([Original(media_type, data)])
        if isinstance(outcome, UnreadableError):
            raise outcome
    except UnreadableError as error:
        return Read(None, error.code, error.message, time.perf_counter() - begun)
    return Read(outcome, "", "", time.perf_counter() - begun)


def _judged(entry: Mapping[str, str], read: Read, folder: Path) -> tuple[str, str]:
    """Return the name of a file and what is wrong with what became of it, "" for nothing."""
    path = entry["file"]
    name = Path(path).name
    if _SAID.get(name, "") not in read.text and not (name.startswith("MEDRPT") and find_spec(OCR) is None):
        return path, f"lacks {_SAID[name]!r}: {read.code} {read.message}"
    wrong = _clean(name, entry, read, folder / path) if path.startswith("clean") else _hostile(entry, read)
    return path, wrong


def _clean(name: str, entry: Mapping[str, str], read: Read, path: Path) -> str:
    if entry["expect"] == "no text layer":
        return (
            "" if read.code == "ocr_missing" or (read.document and _sources(read.document) == {"ocr"}) else read.message
        )
    if not read.text:
        return f"{read.code}: {read.message}"
    wanted = reference(name, path.read_bytes())
    share = recall(read.text, wanted) if wanted is not None else 1.0
    return "" if share >= _RIGHT else f"holds {share:.3f} of the reference"


def _hostile(entry: Mapping[str, str], read: Read) -> str:
    expected = entry["expect"]
    if read.code in _UNCLEAN:
        return f"{read.code}: {read.message}"
    if expected in _CODES and read.code != _CODES[expected]:
        return f"expected {_CODES[expected]}, not {read.code or 'text'}"
    if expected.startswith('"empty"') and read.code != "empty_document":
        return f"expected empty_document, not {read.code or 'text'}"
    may_fail = "error" in expected or " or " in expected or expected == "bounded" or not expected.startswith("text")
    if not may_fail and not read.text:
        return f"expected text, not {read.code}: {read.message}"
    must_fail = expected in ("clean error", "clean error, no memory growth", "clean error; nothing written outside")
    return f"expected an error, not {len(read.text)} characters" if must_fail and read.text else ""


def _sources(document: ReadDocument) -> set[str]:
    return {block.source for block in document.blocks if block.kind == "page"}


def _print_summary(found: Mapping[str, Read], rows: Sequence[tuple[str, str]], folder: Path) -> None:
    clean = [wrong for name, wrong in rows if name.startswith("clean")]
    hostile = [wrong for name, wrong in rows if name.startswith("hostile")]
    shares = [
        recall(read.text, wanted)
        for name, read in found.items()
        if name.startswith("clean") and (wanted := reference(Path(name).name, (folder / name).read_bytes()))
    ]
    paged = sum(any(block.kind == "page" for block in each.document.blocks) for each in found.values() if each.document)
    missing = [each for each in CELLS if not _holds(found[f"clean/{each.file}"], each)]
    print(f"right: {clean.count('')} of {len(clean)} clean; {hostile.count('')} of {len(hostile)} hostile as expected")
    print(
        f"runs of {len(shares)} references: median {median(shares):.3f}, least {min(shares):.3f}; with pages: {paged}"
    )
    print(f"cells: {len(CELLS) - len(missing)} of {len(CELLS)}{''.join(f'; not {each}' for each in missing)}")


def _holds(read: Read, asked: Asked) -> bool:
    """Return whether a row of the document, as it is cut, has the cell that is asked for, under its column."""
    if read.document is None:
        return False
    rows = (unit.cells for unit in units(read.document.text, markdown=read.document.markdown) if unit.kind == "row")
    return any(
        any(cell.text == asked.row for cell in cells)
        and any((cell.column, cell.text) == (asked.column, asked.value) for cell in cells)
        for cells in rows
    )


def _memory() -> int:
    """Return the MB that this process holds."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) >> 10


def _listing(*folders: Path) -> set[str]:
    """Return what is in these folders, in the working one, and beside the temporary one: zip_slip.epub aims there."""
    near = [*Path.cwd().glob("*"), *folders[-1].parent.glob("zip_slip*")]
    return {str(path) for path in (*near, *(each for folder in folders for each in folder.rglob("*")))}


if __name__ == "__main__":
    main()
