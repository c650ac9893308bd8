"""The language of a text, by its script: one answer for the whole project."""

from __future__ import annotations

import re
from typing import Literal

from retriever.text.analysis import cjk_share

Language = Literal["en", "zh", "ja", "ko", "other"]
LEAST_CJK = 0.3  # share of CJK characters from which on a text is not a Latin one that mentions some
_KANA = re.compile("[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af\u1100-\u11ff]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_SHARE = 0.1  # of the CJK characters from which on a text is Japanese
_QUOTED = re.compile('[「『“"][^」』”"]*[」』”"]')  # a Chinese sentence may quote a word in kana
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def language_of(text: str) -> Language:
    """Return the language that a text is written in.

    Kana makes it Japanese, hangul Korean, Han characters alone Chinese; a text of Latin letters, or of none, counts as
    English, any other script as `other`.
    """
    if text.isascii():
        return "en"
    if is_cjk_text(text):
        own = _QUOTED.sub("", text)
        judged = own if is_cjk_text(own) else text
        han, kana, hangul = (len(script.findall(judged)) for script in (_HAN, _KANA, _HANGUL))
        if hangul > max(han, kana):
            return "ko"
        return "ja" if kana > _KANA_SHARE * (han + kana) else "zh"
    letters = len(_LETTER.findall(text))
    return "en" if 2 * len(_LATIN.findall(text)) >= letters else "other"


def is_cjk_text(text: str) -> bool:
    """Return whether a text is Chinese, Japanese or Korean, and not one in another script that mentions such words."""
    return cjk_share(text) > LEAST_CJK
