"""Follow-up questions: what to search for when a question leans on the one before.

The rule, the same in both languages: a question that refers back (it has a pronoun such as "it" or 它, begins with
"and" or "what about", ends with 呢) or names next to nothing itself (fewer than two content words) is searched and read
together with the last question of the user that stood alone. Any other question is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from generator.prompt import Message
from retriever.index.lexical import content_stems

_ENGLISH = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|this|these|those|about that|that one|the same)\b"
    r"|^\W*(and|or|but|so|then|also|else|what about|how about|what else|why not)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"它|(?<!其)他|她|这|那|其(?!他|中|实|余)|此|上述|前者|后者|^(?:还有|另外|然后)|呢[？?]?$")
_FEW = 2  # content words


def refers_back(question: str) -> bool:
    """Return whether a question needs the one before to be understood."""
    if _ENGLISH.search(question) or _CHINESE.search(question):
        return True
    return len(set(content_stems(question))) < _FEW


def search_text(question: str, history: Sequence[Message]) -> str:
    """Return the text to search for and to read with: the question, behind the one it refers back to."""
    if not refers_back(question):
        return question
    earlier = [message["content"] for message in history if message["role"] == "user"]
    alone = [text for text in earlier if not refers_back(text)] or earlier
    return f"{alone[-1]} {question}" if alone else question
