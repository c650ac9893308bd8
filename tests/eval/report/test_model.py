"""The report as a checked object: what is stored and shown, what of before can be read, and which arm gained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reports import records, report_of

from eval.metrics import table
from eval.metrics.abstention import score
from eval.metrics.table import Metric
from eval.report.model import Comparison, Gain, read_report
from store.errors import DamagedError

STORED = Path(__file__).with_name("stored_report.json")  # written by the version before reports had a type


def test_a_report_is_stored_byte_for_byte_as_it_always_was() -> None:
    report = report_of(
        {
            "extractive": records("extractive", [0.25, 0.5, 1.0, 0.0]),
            "rag": records("rag", [0.75, 0.5, 1.0, 0.25]),
            "combined": records("combined", [1.0, 0.5, 1.0, 1.0], abstention=0.5),
        },
        "rag",
    )

    assert json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n" == STORED.read_text(encoding="utf-8")


def test_a_stored_report_is_read_and_shown_without_a_change() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    stored["records"][0] |= {"question": "", "gold": [], "answer": "", "blanked": True}
    stored["blanked"] = 1

    assert json.dumps(read_report(stored).as_json()) == json.dumps(stored)


@pytest.mark.parametrize("broken", [{}, {"schema": 2}, {"schema": 1, "dataset": 7}])
def test_what_is_no_report_is_damaged(broken: dict[str, Any]) -> None:
    with pytest.raises(DamagedError, match="Measure again") as caught:
        read_report(broken)

    assert caught.value.code == "unreadable_report"


def compared(metric: str) -> Comparison:
    return Comparison(arm="rag", against="base", metric=metric, difference=0.2, low=0.1, high=0.4)


def test_a_gain_is_seen_from_either_arm() -> None:
    assert compared("f1").gain_of("rag") == Gain(0.2, 0.1, 0.4)
    assert compared("f1").gain_of("base") == Gain(-0.2, -0.4, -0.1)


def test_less_is_a_gain_where_less_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = Metric("errors", None, score, higher_is_better=False)
    monkeypatch.setattr("eval.report.model.METRIC_OF", {**table.METRIC_OF, "errors": fewer})

    assert compared("errors").gain_of("rag") == Gain(-0.2, -0.4, -0.1)
    assert compared("errors").gain_of("base") == Gain(0.2, 0.1, 0.4)
