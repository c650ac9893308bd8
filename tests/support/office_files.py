"""Office files made by hand: the least of each format that a reader must understand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from ole_files import Cell, codes_of

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_QUOTE = {'"': "&quot;"}
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return an archive with these entries, in order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """Return the part that says what a part refers to: by id, kind and target."""
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_R}/{kind}" Target="{target}"/>' for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def docx(
    body: str, parts: Mapping[str, str | bytes] | None = None, targets: Mapping[str, tuple[str, str]] | None = None
) -> bytes:
    """Return a Word document with this body, and further parts, which `targets` refers to."""
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            "_rels/.rels": relations({"r1": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{_R}"><w:body>{body}</w:body></w:document>',
            "word/_rels/document.xml.rels": relations(targets or {}),
            **(parts or {}),
        }
    )


def word(text: str, properties: str = "") -> str:
    """Return a paragraph of a Word document."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def word_table(rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return a table of a Word document: rows of cells, each a text and its properties."""
    made = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:tcPr>{how}</w:tcPr>{word(text)}</w:tc>" for text, how in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{made}</w:tbl>"


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None, picture: bytes = b"") -> bytes:
    """Return a presentation of slides, each given as its shapes, with the notes of some, by place.

    Slides without notes may show the picture, `p1`.
    """
    parts: dict[str, str | bytes] = {"_rels/.rels": relations({"r1": ("officeDocument", "ppt/presentation.xml")})}
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    parts["ppt/presentation.xml"] = (
        f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>'
    )
    # Their names are in another order than they are: that of the list counts.
    names = {n: f"slides/slide{len(slides) - n}.xml" for n in range(len(slides))}
    parts["ppt/_rels/presentation.xml.rels"] = relations({f"s{n}": ("slide", name) for n, name in names.items()})
    for n, shapes in enumerate(slides):
        tree = f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
        parts[f"ppt/{names[n]}"] = f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_R}">{tree}</p:sld>'
        if notes and n in notes:
            base = names[n].split("/")[1]
            parts[f"ppt/slides/_rels/{base}.rels"] = relations({"n": ("notesSlide", f"../notesSlides/n{n}.xml")})
            shape = slide_text(notes[n], "body")
            parts[f"ppt/notesSlides/n{n}.xml"] = (
                f'<p:notes xmlns:p="{_P}" xmlns:a="{_A}"><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:notes>'
            )
        else:
            parts[f"ppt/slides/_rels/{names[n].split('/')[1]}.rels"] = relations({"p1": ("image", "../media/1.png")})
    return zipped(parts | ({"ppt/media/1.png": picture} if picture else {}))


def slide_text(text: str, placeholder: str = "") -> str:
    """Return a shape with text, in a placeholder such as `title`."""
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else "<p:nvPr/>"
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp><p:nvSpPr>{kind}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>"


def slide_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table on a slide."""
    made = "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(each)}</a:t></a:r></a:p></a:txBody></a:tc>" for each in row)
        + "</a:tr>"
        for row in rows
    )
    return (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{made}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]], merged: str = "") -> bytes:
    """Return a workbook of sheets, each rows of cells; `merged` is a range of the first one, such as A2:A3."""
    codes = codes_of(sheets)
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            {f"r{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
            | {"s": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": _styles(codes),
    }
    for n, rows in enumerate(sheets.values(), 1):
        data = "".join(f'<row r="{number}">{_cells(number, row, codes)}</row>' for number, row in enumerate(rows, 1))
        merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged and n == 1 else ""
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{_S}"><sheetData>{data}</sheetData>{merges}</worksheet>'
        )
    return zipped(parts)


def _styles(codes: Sequence[str]) -> str:
    made = "".join(f'<numFmt numFmtId="{n}" formatCode="{escape(code, _QUOTE)}"/>' for n, code in enumerate(codes, 164))
    styles = "".join(f'<xf numFmtId="{n}"/>' for n in (0, *range(164, 164 + len(codes))))
    return f'<styleSheet xmlns="{_S}"><numFmts>{made}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'


def _cells(number: int, row: Sequence[Cell], codes: Sequence[str]) -> str:
    made = []
    for place, cell in enumerate(row):
        value, code = cell if isinstance(cell, tuple) else (cell, "")
        name = f"{chr(65 + place)}{number}"
        if isinstance(value, str):
            made.append(f'<c r="{name}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        elif value is not None:
            style = f' s="{codes.index(code) + 1}"' if code else ""
            made.append(f'<c r="{name}"{style}><v>{value}</v></c>')
    return "".join(made)


def ods(rows: Sequence[Sequence[str | tuple[str, str]]]) -> bytes:
    """Return an OpenDocument spreadsheet with one sheet called `Prices`; a cell may be its attributes and its text."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell {how}><text:p>{escape(text)}</text:p></table:table-cell>"
            for how, text in (each if isinstance(each, tuple) else ('office:value-type="string"', each) for each in row)
        )
        + "</table:table-row>"
        for row in rows
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    content = f"<office:document-content {names}><office:body><office:spreadsheet>"
    content += f'<table:table table:name="Prices">{cells}</table:table>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{content}</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": f"<manifest:manifest {names}/>",
        }
    )


def epub(chapters: Sequence[str], more: Mapping[str, str | bytes] | None = None) -> bytes:
    """Return a book of chapters, each the body of a page, with `more` parts; their names are in another order."""
    names = [f"c{len(chapters) - n}.xhtml" for n in range(len(chapters))]
    items = "".join(f'<item id="i{n}" href="{name}"/>' for n, name in enumerate(names))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>',
            "O/b.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Book</dc:title>'
            f"<dc:creator>A. Writer</dc:creator></metadata><manifest>{items}</manifest>"
            f"<spine>{spine}</spine></package>",
            **{f"O/{name}": f"<html><body>{body}</body></html>" for name, body in zip(names, chapters, strict=True)},
            **(more or {}),
        }
    )


def pdf(pages: Sequence[Sequence[tuple[int, int, str]]], size: int = 11) -> bytes:
    """Return a PDF: on each page texts, each with its left end and its height above the lower edge, in points."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for texts in pages:
        drawn = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, text in texts)
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return out + f"{end}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF".encode()
