"""The report's page in a real browser: hostile names stay text, and nothing is loaded from elsewhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from eval.report.model import ArmReport, Questions, Report
from eval.report.page import to_html
from eval.report.report import Measured, build_report
from eval.runner import Record
from eval.settings import EvalSettings

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def report() -> Report:
    """A small report in which `rag` beats `base`, about a domain with a hostile name."""
    records: dict[str, list[Record]] = {}
    for arm, value in (("base", 0.0), ("rag", 1.0)):
        scores = {"f1": value, "em": value, "recall": value, "abstention": 1.0, "citation_precision": None}
        records[arm] = [
            Record(
                key=f"q{number}",
                arm=arm,
                language="en",
                cluster=f"doc_{number}",
                question="?",
                gold=["x"],
                answer="x",
                abstained=False,
                cited=[],
                documents=[f"doc_{number}"],
                scores=scores | {"retrieval_hit": 1.0},
                ms=1.0,
                prompt_tokens=1,
                completion_tokens=1,
            )
            for number in range(40)
        ]
    counts = {"questions": 40, "answerable": 40, "unanchored": 0, "documents": 40, "groups": 40}
    dataset = Questions.model_validate({"id": "ds_1", "name": HOSTILE, "split": "test", "sha256": "0" * 64, **counts})
    return build_report(
        records,
        {name: ArmReport(release=f"rel_{name}", generator="x", adapter=None, about=HOSTILE) for name in records},
        Measured(domain=HOSTILE, dataset=dataset, skipped={"tuned": HOSTILE}, measured_at=0, leaks=[]),
        active_arm="base",
        primary_metric="f1",
        settings=EvalSettings(resamples=200),
    )


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_a_browser_shows_hostile_names_as_text_and_runs_none_of_them(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(to_html(report()), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    command = [str(BROWSER), *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]

    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    title = shown.split("<title>")[1].split("</title>")[0]
    assert title.startswith("Evaluation of &lt;script&gt;")
    assert "<strong>rag</strong>" in shown
    assert "<img" not in shown
    assert "http" not in shown
