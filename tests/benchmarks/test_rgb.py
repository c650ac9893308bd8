"""RGB: which passages each cell shows, and what counts as right."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.rgb import Row, table
from benchmarks.rgb_data import SHOWN, Case, read_cases

FACT = {
    "id": "f", "question": "Where?", "answers": [["Tampa", "Tampa, Florida"]], "fake_answer": "Glendale",
    "positive": [f"In Tampa {n}." for n in range(6)], "positive_wrong": [f"In Glendale {n}." for n in range(6)],
    "negative": [f"Elsewhere {n}." for n in range(6)], "positive_groups": None,
}  # fmt: skip
BOTH = {
    "id": "i", "question": "何时？", "answers": ["1月3日", ["1月12日", "十二日"]], "fake_answer": None,
    "positive": [], "positive_groups": [[f"1月3日{n}" for n in range(4)], ["1月12日"]], "positive_wrong": [],
    "negative": [f"别处{n}" for n in range(6)],
}  # fmt: skip


NOTHING = (False, False, False, "")


def _cases(folder: Path) -> dict[str, Case]:
    for name, row in (("en_fact", FACT), ("zh_int", BOTH)):
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return {case.cell: case for case in read_cases(folder, 5)}


def test_each_cell_shows_five_passages_of_the_right_kinds(tmp_path: Path) -> None:
    cases = _cases(tmp_path)

    assert set(cases) == {
        "noise 0%", "noise 40%", "noise 80%", "rejection", "counterfactual",
        "integration 0%", "integration 40%",
    }  # fmt: skip
    assert all(len(set(case.passages)) == SHOWN for case in cases.values())
    assert sum("Tampa" in text for text in cases["noise 40%"].passages) == 3
    assert sum("Tampa" in text for text in cases["noise 80%"].passages) == 1
    assert all("Glendale" in text for text in cases["counterfactual"].passages)
    assert {text[:4] for text in cases["integration 40%"].passages} >= {"1月3日", "1月12"}
    assert cases["rejection"].parts == ()


def test_an_answer_is_right_with_every_part_in_any_form(tmp_path: Path) -> None:
    cases = _cases(tmp_path)

    assert cases["noise 0%"].right("It was in TAMPA.")
    assert cases["integration 0%"].right("1 月 3 日和十二日")
    assert not cases["integration 0%"].right("1月3日")
    assert not cases["rejection"].right("Tampa")
    assert cases["counterfactual"].misled("in glendale")
    assert not cases["noise 0%"].misled("Glendale")


def test_the_table_has_a_row_for_each_cell_and_language() -> None:
    rows = [Row(str(n), "rejection", "en", n % 2 == 0, *NOTHING) for n in range(20)]

    assert "| rejection | en | 20 | 0.50 [" in table(rows)
