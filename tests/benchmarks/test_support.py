"""Pairs of statements and passages: the wrong ones differ in what they are named after, and the check tells them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import WordReader

from benchmarks.support import judged, table
from benchmarks.support_pairs import RIGHT, WRONG, pairs_of

TEXTS = {
    "en": "The old bridge in Bonn was built in 1931, has 12 arches, and is 400 metres long. "
    "The new bridge in Berlin was built in 1987, has 15 arches, and is 250 metres long.",
    "zh": "旧桥建于1931年，有12个桥拱，全长400米。新桥位于柏林，建于1987年，有15个桥拱，是城市的象征。",
}
ASKED = {
    "en": [("Where is the old bridge?", "Bonn"), ("Where is the new bridge?", "Berlin")],
    "zh": [("新桥位于哪里？", "柏林"), ("什么是城市的象征？", "新桥")],
}


@pytest.fixture(params=["en", "zh"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder with the set `own` in one language."""
    folder = tmp_path / "own"
    (folder / "qa").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "d", "title": "", "text": TEXTS[request.param]}))
    rows = [{"question": q, "answers": [a], "doc_ids": ["d"]} for q, a in ASKED[request.param]]
    (folder / "qa" / "dev.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return tmp_path


def test_every_kind_is_made_and_wrong_ones_are_not_in_the_passage(data: Path) -> None:
    pairs = pairs_of(data, "own", 5)

    assert pairs == pairs_of(data, "own", 5)
    assert {*RIGHT, "number", "negation"} <= {pair.kind for pair in pairs}
    for pair in pairs:
        assert pair.right == (pair.kind in RIGHT)
        assert pair.statement in pair.passage or pair.kind != "whole"
        assert pair.statement not in pair.passage or pair.kind not in WRONG


def test_the_check_keeps_sentences_and_objects_to_other_numbers_and_negations(data: Path) -> None:
    found = [judged(pair, WordReader()) for pair in pairs_of(data, "own", 5)]

    assert all(each.holds(None) for each in found if each.pair.kind in ("whole", "shortened"))
    assert not any(each.holds(None) for each in found if each.pair.kind == "negation")
    assert "wrong: number" in table(found)
