"""Normal forms: SQuAD's rules for English, CMRC 2018's for Chinese."""

from __future__ import annotations

import pytest

from eval.metrics.normalise import NORMALISERS, normal_tokens, strip_markers


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Executive Branch", ["executive", "branch"]),
        ("  A  cat,\tan owl\nand the dog. ", ["cat", "owl", "and", "dog"]),
        ("U.S. Army", ["us", "army"]),
        ("well-known", ["wellknown"]),
        ("$1,200.50", ["120050"]),
        ("theatre another banana", ["theatre", "another", "banana"]),
        ("The", []),
        ("“quoted”", ["“quoted”"]),  # SQuAD strips ASCII punctuation only
        ("", []),
    ],
)
def test_english_is_normalised_as_in_squad(text: str, tokens: list[str]) -> None:
    assert normal_tokens(text, "en") == tokens


def test_the_english_article_is_dropped_after_punctuation_as_in_squad() -> None:
    assert normal_tokens("a-team", "en") == ["ateam"]
    assert normal_tokens("(the) team", "en") == ["team"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("北京大学", ["北", "京", "大", "学"]),
        ("“北京”，《大学》！（是）……", ["北", "京", "大", "学", "是"]),
        ("iPhone 15 Pro发布", ["iphone", "15", "pro", "发", "布"]),
        ("使用GPT4o模型。", ["使", "用", "gpt4o", "模", "型"]),
        ("GPT-4", ["gpt", "4"]),
        ("ＡＢ１", ["ａ", "ｂ", "１"]),
        ("，。！？", []),
        ("", []),
    ],
)
def test_chinese_is_cut_into_characters_and_keeps_ascii_words_whole(text: str, tokens: list[str]) -> None:
    assert normal_tokens(text, "zh") == tokens


def test_articles_are_words_in_a_chinese_text() -> None:
    assert normal_tokens("the 茶", "zh") == ["the", "茶"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ten crowns [1].", "Ten crowns."),
        ("Ten [1][12] crowns [3]", "Ten crowns"),
        ("十元[2]。", "十元。"),
        ("an array [x] and [1234]", "an array [x] and [1234]"),
    ],
)
def test_markers_of_citations_are_no_part_of_an_answer(text: str, plain: str) -> None:
    assert strip_markers(text) == plain


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        ("有給休暇は25日。", "ja", ["有", "給", "休", "暇", "は", "25", "日"]),
        ("연차는 25일, 입니다。", "ko", ["연차는", "25일", "입니다"]),
        ("«Двадцать пять» дней!", "other", ["двадцать", "пять", "дней"]),
        ("a b", "other", ["a", "b"]),
    ],
)
def test_other_languages_are_compared_by_characters_or_by_blanks(text: str, language: str, tokens: list[str]) -> None:
    assert normal_tokens(text, language) == tokens
    assert language in NORMALISERS
