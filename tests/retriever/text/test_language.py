"""One answer for the language of a text."""

from __future__ import annotations

import pytest

from retriever.text.language import is_cjk_text, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many days of leave are there?", "en"),
        ("Wie viele Urlaubstage gibt es für Ärzte?", "en"),
        ("What does 年假 mean?", "en"),
        ("年假有多少天？", "zh"),
        ("OPEC的总部在哪里？", "zh"),
        ("「の」是什么意思？", "zh"),
        ("有給休暇は何日ですか？", "ja"),
        ("東京都知事選挙の結果は？", "ja"),
        ("iPhoneの電池はどのくらい持ちますか", "ja"),
        ("연차 휴가는 며칠입니까?", "ko"),
        ("Сколько дней отпуска?", "other"),
        ("كم عدد أيام الإجازة؟", "other"),
        ("", "en"),
        ("…？！", "en"),
        ("25 %", "en"),
    ],
)
def test_the_script_decides(text: str, language: str) -> None:
    assert language_of(text) == language
    assert is_cjk_text(text) == (language in ("zh", "ja", "ko"))
