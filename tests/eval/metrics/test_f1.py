"""F1: numbers that were worked out by hand, and what must hold for any texts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eval.metrics.exact_match import exact_match
from eval.metrics.f1 import answer_f1
from eval.metrics.normalise import normal_tokens, strip_markers
from eval.metrics.recall import answer_recall

_ENGLISH = st.lists(st.sampled_from(["a", "the", "cat", "Cat,", "sat", "mat.", "[1]", "it's"]), max_size=8).map(
    " ".join
)
_CHINESE = st.text(alphabet="北京大学，。a 1[]", max_size=12)
_ANY = st.text(max_size=20)


@pytest.mark.parametrize(
    ("answer", "golds", "expected"),
    [
        ("the cat sat on the mat", ["cat mat"], 2 * 0.5 * 1.0 / 1.5),  # cat sat on mat: 2 of 4, 2 of 2
        ("cat cat cat", ["cat"], 2 * (1 / 3) * 1.0 / (4 / 3)),  # a repeated word counts as often as the gold has it
        ("cat cat dog", ["cat cat bird"], 2 / 3),
        ("sat cat", ["cat sat"], 1.0),  # a bag of words
        ("dog", ["cat"], 0.0),
        ("dog", ["cat", "big dog"], 2 * 1.0 * 0.5 / 1.5),  # the best of the golds
        ("the", ["a"], 1.0),  # nothing is left of either
        ("the", ["cat"], 0.0),
        ("cat", [], 0.0),
    ],
)
def test_f1_in_english_counts_shared_words(answer: str, golds: list[str], expected: float) -> None:
    assert answer_f1(answer, golds, "en") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "golds", "expected"),
    [
        # 2 * run / (tokens of the answer + tokens of the gold), as precision is run / answer and recall run / gold
        ("他在北京上大学", ["北京大学"], 2 * 2 / (7 + 4)),  # 北京 or 大学: a run, not four shared characters
        ("北京大学", ["北京大学。"], 1.0),
        ("在北京大学里", ["北京大学"], 2 * 4 / (6 + 4)),
        ("学大京北", ["北京大学"], 2 * 1 / (4 + 4)),
        ("发布了iPhone 15", ["iPhone 15"], 2 * 2 / (5 + 2)),  # an English word is one token
        ("上海", ["北京", "上海市"], 2 * 2 / (2 + 3)),
        ("上海", ["北京"], 0.0),
        ("北京，大学", ["北京大学"], 1.0),  # punctuation does not end a run
    ],
)
def test_f1_in_chinese_is_of_the_longest_common_run(answer: str, golds: list[str], expected: float) -> None:
    assert answer_f1(answer, golds, "zh") == pytest.approx(expected)


def test_the_language_decides_how_the_same_texts_are_scored() -> None:
    assert answer_f1("北京 大学", ["大学 北京"], "en") == 1.0
    assert answer_f1("北京 大学", ["大学 北京"], "zh") == 0.5


@given(st.one_of(_ENGLISH, _CHINESE, _ANY), st.one_of(_ENGLISH, _CHINESE, _ANY), st.sampled_from(["en", "zh"]))
@settings(deadline=None)
@example("", "", "en")
@example("，", "", "zh")
def test_scores_lie_between_0_and_1_and_an_exact_match_has_f1_1(answer: str, gold: str, language: str) -> None:
    f1, em = answer_f1(answer, [gold], language), exact_match(answer, [gold], language)
    assert 0.0 <= f1 <= 1.0
    assert em <= f1
    assert answer_recall(answer, [gold], language) >= (em if normal_tokens(gold, language) else 0.0)


@given(_ENGLISH, _ENGLISH)
@settings(deadline=None)
@example("cat the cat", "cat cat")
def test_f1_in_english_is_1_if_and_only_if_the_bags_of_words_are_equal(answer: str, gold: str) -> None:
    mine, others = normal_tokens(strip_markers(answer), "en"), normal_tokens(gold, "en")
    assert (answer_f1(answer, [gold], "en") == 1.0) == (Counter(mine) == Counter(others))


@given(_CHINESE, _CHINESE)
@settings(deadline=None)
def test_f1_in_chinese_agrees_with_trying_every_run(answer: str, gold: str) -> None:
    mine, others = normal_tokens(strip_markers(answer), "zh"), normal_tokens(gold, "zh")
    runs = {tuple(others[start:end]) for start in range(len(others)) for end in range(start + 1, len(others) + 1)}
    spans = ((start, end) for start in range(len(mine)) for end in range(start + 1, len(mine) + 1))
    longest = max((end - start for start, end in spans if tuple(mine[start:end]) in runs), default=0)
    total = len(mine) + len(others)
    assert answer_f1(answer, [gold], "zh") == pytest.approx(2 * longest / total if total else 1.0)
