"""Answer recall: numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from eval.metrics.recall import answer_recall


@pytest.mark.parametrize(
    ("answer", "golds", "language", "expected"),
    [
        ("A single ticket costs twelve crowns [1].", ["twelve crowns"], "en", 1.0),
        ("A single ticket costs 12 crowns.", ["2"], "en", 0.0),  # inside another word
        ("The catalogue is blue.", ["cat"], "en", 0.0),
        ("twelve or thirteen crowns", ["twelve crowns"], "en", 0.0),  # not as one run
        ("It costs a crown.", ["nothing", "the crown"], "en", 1.0),
        ("The", ["the"], "en", 0.0),  # nothing of the gold is left to be found
        ("成人门票四十元，儿童免费。", ["四十元"], "zh", 1.0),
        ("成人门票 140 元。", ["40"], "zh", 0.0),
        ("", ["cat"], "en", 0.0),
    ],
)
def test_recall_finds_a_gold_in_a_sentence_but_not_in_a_word(
    answer: str, golds: list[str], language: str, expected: float
) -> None:
    assert answer_recall(answer, golds, language) == expected
