"""The report as people read it: Markdown and the page."""

from __future__ import annotations

import json
import re
from typing import Any

from reports import records, report_of

from eval.gate import decide
from eval.report.markdown import to_markdown
from eval.report.model import read_report
from eval.report.page import to_html
from eval.settings import EvalSettings
from eval.weaknesses.finder import is_right
from eval.weaknesses.summary import weaknesses_of


def test_the_markdown_shows_verdict_arms_languages_differences_gate_and_what_was_left_out() -> None:
    markdown = to_markdown(
        report_of({"extractive": records("extractive", [0.25] * 64), "rag": records("rag", [0.75] * 64)})
    )

    assert markdown.startswith("# Evaluation of the domain handbook\n\n**Verdict: rag.** Use retrieval")
    assert "| rag | 0.750 [0.668, 0.777] | 0.000 [0.000, 0.109] | 1.000 [0.891, 1.000] |" in markdown
    assert "| f1 | en |\n|---|---|\n| extractive | 0.250 [0.223, 0.332] |" in markdown
    assert "| rag | extractive | +0.500 | [+0.337, +0.554] | 0.002 | named |" in markdown
    assert "- rag: the arm rag\n" in markdown
    assert "Next: tandem release promote rel_2" in markdown
    assert "- rag: open\n" in markdown
    assert "- not measured: tuned: no adapter was trained closed_book" in markdown
    assert "64 questions about 32 documents, split test of questions (SHA-256 abcdefabcdef)" in markdown


def test_a_table_of_the_markdown_has_as_many_cells_in_every_row() -> None:
    markdown = to_markdown(
        report_of({"extractive": records("extractive", [0.25] * 4), "rag": records("rag", [0.75] * 4)})
    )

    tables = re.findall(r"(?:^\|.*\|$\n?)+", markdown, re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_why_answers_are_wrong_is_shown_with_what_to_do_first() -> None:
    measured = [
        record.model_copy(update={"scores": {**record.scores, "recall": record.scores["f1"]}})
        for record in records("rag", [0.0] * 4 + [1.0] * 4)
    ]
    causes = {record.key: "ranked_low" for record in measured[:4] if not is_right(record)}
    found = weaknesses_of("rag", measured, causes, EvalSettings(resamples=200))
    report = report_of({"rag": measured}).model_copy(update={"weaknesses": found})

    markdown, page = to_markdown(report), to_html(report)

    assert "Wrong answers of rag: 4. Improve the order: a reranker" in markdown
    assert re.search(r"too far behind to be shown \| reranker \| 4 \| 0\.500 \[0\.\d+, [01]\.\d+\] \|", markdown)
    assert "<h2>Why answers of rag are wrong</h2>" in page
    assert "<td>reranker<td>4" in page


def test_a_score_that_no_record_has_is_shown_as_missing() -> None:
    measured = records("extractive", [0.5, 0.5])[1:]
    report = report_of({"extractive": measured})

    assert "| - | 20 |" in to_markdown(report)
    assert "<td>–" in to_html(report)


def test_the_page_shows_every_arm_with_release_and_gate() -> None:
    page = to_html(report_of({"extractive": records("extractive", [0.25] * 64), "rag": records("rag", [0.75] * 64)}))

    assert "<strong>rag</strong>" in page
    for name, release, mean in (("extractive", "rel_0", "0.250"), ("rag", "rel_2", "0.750")):
        assert f"<tr><td>{name}<td>{mean}" in page
        assert f"<code>{release}</code>" in page
    assert "Not measured: tuned:" in page


def test_the_page_escapes_what_users_named() -> None:
    hostile = "<script>alert(1)</script>"
    measured = {"extractive": records("extractive", [0.5] * 4)}

    for leaks in ([], [f"{hostile} leaks"]):
        page = to_html(report_of(measured, domain=hostile, leaks=leaks))
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = to_html(report_of({"extractive": records("extractive", [0.5] * 4)}))

    assert not re.search(r"https?://|src=|<link|<script", page)


def test_a_report_says_how_many_records_a_deletion_has_blanked() -> None:
    measured = report_of({"extractive": records("extractive", [0.5] * 4)}).as_json()
    report = read_report({**measured, "blanked": 3})

    for shown in (to_markdown(report), to_html(report)):
        assert "3 records were blanked because their document was deleted." in shown


def test_a_metric_that_a_report_of_before_does_not_have_is_shown_as_missing() -> None:
    stored = json.loads(json.dumps(report_of({"extractive": records("extractive", [0.5] * 4)}).as_json()))
    del stored["arms"]["extractive"]["metrics"]["citation_precision"]
    report = read_report(stored)

    assert "| - | 25 |" in to_markdown(report)
    assert "<td>–<td>25</tr>" in to_html(report)


def test_a_report_of_an_earlier_version_can_still_be_read() -> None:
    measured = {"extractive": records("extractive", [0.25] * 64), "rag": records("rag", [0.75] * 64)}
    stored: dict[str, Any] = report_of(measured).as_json()
    for name in ("no_verdict", "warnings", "next", "looks", "test"):
        del stored[name]
    stored["schema"] = 1
    stored["comparisons"] = [
        {key: each[key] for key in ("arm", "against", "metric", "difference", "low", "high")}
        for each in stored["comparisons"]
    ]
    for arm in stored["arms"].values():
        del arm["about"]
    for name in ("answerable", "unanchored", "groups"):
        del stored["dataset"][name]
    for record in stored["records"]:
        del record["documents"]

    report = read_report(stored)

    assert "**Verdict: rag.**" in to_markdown(report)
    assert "| rag | extractive | +0.500 | [+0.337, +0.554] | - | exploratory |" in to_markdown(report)
    assert "<strong>rag</strong>" in to_html(report)
    (closed,) = decide(report, "rag", EvalSettings(), 1).reasons
    assert "measure it again" in closed
