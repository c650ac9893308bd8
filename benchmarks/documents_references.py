"""What documents say according to readers that share nothing with ours: the strings in their XML, pypdf, the standard
library. And how much of that a text has, by runs of four letters, whatever stands between them."""

from __future__ import annotations

import email
import email.policy
import html
import io
import re
import unicodedata
import zipfile
from collections import Counter
from xml.etree import ElementTree

_GRAM = 4
_RUNS = {
    "docx": (r"word/document\.xml", r"<w:t(?: [^>]*)?>([^<]*)</w:t>"),
    "pptx": (r"ppt/slides/slide\d+\.xml", r"<a:t(?: [^>]*)?>([^<]*)</a:t>"),
    "epub": (r"(?!.*(?:nav|toc)[^/]*$).*\.x?html?", r"(?s)>([^<]+)<"),
}
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_HIDDEN = re.compile(r"(?is)<(script|style|noscript|svg|title)\b.*?</\1>|<!--.*?-->")
_FALLBACK = re.compile(r"(?s)<mc:Fallback>.*?</mc:Fallback>")
_ENCODINGS = {
    "stanley-cups-utf-16.csv": "utf-16", "test_mskanji.csv": "cp932", "zh_statute_gbk.txt": "gbk",
    "zh_statute_gb18030.txt": "gb18030", "zh_statute_gb2312.html": "gb18030", "zh_statute_utf16le_bom.txt": "utf-16",
    "zh_statute_utf8_bom_crlf.txt": "utf-8-sig",
}  # fmt: skip


def reference(name: str, data: bytes) -> str | None:
    """Return what a document says, None where no other reader is at hand."""
    suffix = name.rsplit(".", 1)[-1]
    if suffix in _RUNS:
        return _of_archive(data, *_RUNS[suffix])
    if suffix == "xlsx":
        return _of_workbook(data)
    if suffix == "pdf":
        return _of_pdf(data)
    if suffix in ("txt", "md", "csv", "html"):
        text = data.decode(_ENCODINGS.get(name, "utf-8-sig"))
        return html.unescape(re.sub(r"<[^>]+>", " ", _HIDDEN.sub(" ", text))) if suffix == "html" else text
    if suffix == "eml":
        body = email.message_from_bytes(data, policy=email.policy.default).get_body(("plain", "html"))
        return body.get_content() if body is not None and body.get_content_type() == "text/plain" else None
    return None


def _of_archive(data: bytes, names: str, runs: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if re.fullmatch(names, name)]
    return html.unescape("\n".join(run for part in parts for run in re.findall(runs, _FALLBACK.sub("", part))))


def _of_workbook(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if _is_part(name)]
        roots = {name: ElementTree.fromstring(archive.read(name)) for name in names}  # noqa: S314  (a known set)
    shared = roots.pop("xl/sharedStrings.xml", ElementTree.Element("none"))
    strings = ["".join(each.text or "" for each in item.iter(f"{_SHEET}t")) for item in shared.iter(f"{_SHEET}si")]
    cells = [cell for name in sorted(roots) for cell in roots[name].iter(f"{_SHEET}c") if cell.get("t") != "e"]
    values = [(cell.get("t"), cell.findtext(f"{_SHEET}v") or "") for cell in cells]
    return "\n".join(strings[int(value)] if kind == "s" else value for kind, value in values if value)


def _is_part(name: str) -> bool:
    return name == "xl/sharedStrings.xml" or (name.startswith("xl/worksheets/") and name.endswith(".xml"))


def _of_pdf(data: bytes) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def recall(text: str, wanted: str) -> float:
    """Return the share of the reference's runs of four letters and digits that a text has, as often as there.

    They are counted across its lines, or within them: in what order lines come is no content.
    """
    have = _grams(text)
    within = Counter[str]()
    for line in wanted.splitlines():
        within.update(_grams(line) if len(line.split()) > 1 else ())
    return max((grams & have).total() / grams.total() if grams else 1.0 for grams in (_grams(wanted), within))


def _grams(text: str) -> Counter[str]:
    solid = "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum())
    return Counter(solid[place : place + _GRAM] for place in range(max(1, len(solid) - _GRAM + 1)) if solid)
