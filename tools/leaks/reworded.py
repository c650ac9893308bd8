"""Paraphrases by rule: the forms of question of a medical FAQ, each in other words, with the same answer."""

from __future__ import annotations

import re

FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"What is \(are\) (.+?) \?", ("Can you explain what {0} is?", "definition of {0}", "Tell me about {0}.")),
    (r"What are the symptoms of (.+?) \?", ("How do I know that I have {0}?", "Which signs does {0} show?")),
    (r"What causes (.+?) \?", ("Why do people get {0}?", "Where does {0} come from?")),
    (r"What are the treatments for (.+?) \?", ("How is {0} treated?", "Which therapy helps against {0}?")),
    (r"How to diagnose (.+?) \?", ("How do doctors find out that somebody has {0}?", "Which tests show {0}?")),
    (r"How to prevent (.+?) \?", ("What can I do so that I do not get {0}?", "Can {0} be avoided?")),
    (r"How many people are affected by (.+?) \?", ("How common is {0}?", "How often does {0} occur?")),
    (r"Is (.+?) inherited \?", ("Does {0} run in families?", "Can children get {0} from their parents?")),
    (r"Who is at risk for (.+?)\? \?", ("Which people are likely to get {0}?", "What makes {0} more likely?")),
    (r"What is the outlook for (.+?) \?", ("What is the prognosis of {0}?", "How does {0} end?")),
    (r"What are the complications of (.+?) \?", ("What can {0} lead to?", "Which problems follow from {0}?")),
    (
        r"What are the genetic changes related to (.+?) \?",
        ("Which genes are behind {0}?", "Which mutations go with {0}?"),
    ),
)


def reworded(question: str) -> list[str]:
    """Return a question in other words, nothing if its form is not known."""
    for form, others in FORMS:
        if found := re.fullmatch(form, question.strip()):
            return [other.format(found.group(1)) for other in others]
    return []
