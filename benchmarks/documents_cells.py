"""Questions over the tables of `docs_messy`: what stands in the row of this name, under this column?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """A cell of a document, named by a cell of its row and by its column, and what stands there."""

    file: str
    row: str
    column: str
    value: str


CELLS = tuple(
    Asked(*each)
    for each in (
        ("2023-half-year-analyses-by-segment.xlsx", "Zone EUR", "Sales (a)", "9,467"),
        ("2023-half-year-analyses-by-segment.xlsx", "Nespresso", "of which restructuring costs", "-1"),
        ("vodafone.xlsx", "Mobile churn", "Page", "11"),
        ("docling_xlsx_01.xlsx", "6", "third", "-6"),
        ("docling_xlsx_01.xlsx", "8", "col-4", "32"),
        ("markitdown_test.xlsx", "60", "Gamma", "19"),
        ("zh_statute_derived.xlsx", "第四十一条", "内容", "本条例自2005年5月1日起施行。"),
        ("langchain-ChatGLM_open.xlsx", "[BUG] AssertionError", "file", "2023-06-17.06"),
        ("langchain-ChatGLM_closed.csv", "当前的运行环境是什么，windows还是Linux", "file", "2023-04-01.0003"),
        ("stanley-cups-utf-16.csv", "Maple Leafs", "Stanley Cups", "13"),
        ("test_mskanji.csv", "髙橋淳", "住所", "名古屋"),
        ("csv-with-long-lines.csv", "1Freq Ki67CD8frequencyUnstim", "1Freq pDCfrequencyUnstim", "-0.326082932"),
        ("docx-tables.docx", "d", "c", "i"),
        ("docling_word_sample.docx", "Berries", "Calories per portion", "150"),
        ("markitdown_test.docx", "18", "3", "20"),
        ("docling_powerpoint_sample.pptx", "R1", "Class2", "True"),
        ("markitdown_test.pptx", "13", "ColF", "18"),
        ("SPARSE-2024-INV-1234_borderless_table.pdf", "SKU-9201", "Actual", "778"),
        ("SPARSE-2024-INV-1234_borderless_table.pdf", "SKU-6678", "Total Value", "$42,000.00"),
        ("SPARSE-2024-INV-1234_borderless_table.pdf", "SKU-5512", "Notes", "Pending"),
        ("REPAIR-2022-INV-001_multipage.pdf", "Paint Labor", "Hours", "1.5"),
        ("REPAIR-2022-INV-001_multipage.pdf", "Body Labor", "Rate", "150"),
        ("example-10k-1p.html", "Common stock", "Trading symbol", "GLXZ"),
        ("fake-doc.rtf", "Row 2, Cell 1", "Column 2", "Row 2, Cell 2"),
        ("ocr_test.docx", "我是表格3", "我是表格2", "我是表格4"),
    )
)
