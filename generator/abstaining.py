"""What an abstention says beyond that it is one: which names in the question no document holds."""

from __future__ import annotations

from collections.abc import Sequence

from retriever.text.language import Language, language_of

_SENTENCES: dict[Language, str] = {
    "en": " No document mentions {names}.",
    "zh": "没有文档提到{names}。",
    "ja": "{names}に触れている文書はありません。",
    "ko": " {names}: 어느 문서에도 나오지 않습니다.",
}
_MOST = 3  # names


def abstaining(abstention: str, question: str, unknown: Sequence[str]) -> str:
    """Return the abstention with a sentence, in the language of the question, on the names that no document holds."""
    if not unknown:
        return abstention
    language = language_of(question)
    marks = "“{}”" if language != "ja" else "「{}」"
    names = ("、" if language in ("zh", "ja") else ", ").join(marks.format(name) for name in unknown[:_MOST])
    return abstention + _SENTENCES.get(language, _SENTENCES["en"]).format(names=names)
