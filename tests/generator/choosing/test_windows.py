"""Windows: statements of one line that are quoted together, with their context, and never a question."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st
from small_documents import hits_of

from generator.choosing.windows import LONGEST, layout_of, part_of, windows, word_count
from retriever.search.search import Hit

_LEAVE = """# Leave

Staff receive 25 days.
Unused days expire
in March. Half days count.

Sick staff call the desk. A certificate is due on day three.

Before you go:

- Tell your manager.
- Set a reply. It names your deputy.

| Ticket | Adult |
|---|---|
| Single | 3.00 |
| Monthly | 38.00 |

```sh
serve --port 80
```
"""
_FAQ = "# 停车\n\n问：可以带狗吗？\n答：可以，须牵绳。小狗免费。\n\nQ: Where is it?\nA: Behind the mill.\n"


def _shown(text: str) -> list[tuple[str, str, str]]:
    return [(each.kind, each.text, each.context) for each in windows(hits_of(text))]


def test_sentences_of_a_paragraph_and_of_an_item_are_taken_together_rows_and_code_alone() -> None:
    assert _shown(_LEAVE) == [
        ("prose", "Staff receive 25 days. Unused days expire in March. Half days count.", ""),
        ("prose", "Sick staff call the desk. A certificate is due on day three.", ""),
        ("item", "- Tell your manager.", "Before you go:"),
        ("item", "- Set a reply. It names your deputy.", "Before you go:"),
        ("row", "Ticket: Single; Adult: 3.00", ""),
        ("row", "Ticket: Monthly; Adult: 38.00", ""),
        ("code", "serve --port 80", ""),
    ]


def test_an_answer_has_its_question_as_context_and_a_question_is_no_window() -> None:
    assert _shown(_FAQ) == [
        ("answer", "答：可以，须牵绳。小狗免费。", "问：可以带狗吗？"),
        ("answer", "A: Behind the mill.", "Q: Where is it?"),
    ]
    (first, *_) = windows(hits_of(_FAQ, "Site"))
    assert first.said == "Site > 停车\n问：可以带狗吗？\n答：可以，须牵绳。小狗免费。"


def test_a_window_that_is_full_takes_what_follows_before_what_precedes() -> None:
    sentences = [f"S{number} " + "word " * 18 + "end." for number in range(4)]  # 20 words each, so two fit
    found = [(each.first, each.last) for each in windows(hits_of(" ".join(sentences)))]

    assert found == [(0, 1), (1, 2), (2, 3)]  # the last has nothing behind it: its window is that of the third


def test_a_sentence_that_is_too_long_stands_alone() -> None:
    text = "One is short. Word " + "word " * 60 + "end. Another one is short."

    assert [each.last - each.first for each in windows(hits_of(text))] == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "count"),
    [("The boat leaves at 9.", 5.0), ("早上九点 opens。", 3.2), ("", 0.0), ("E-4711", 2.0), ("—", 0.0)],
)
def test_a_chinese_character_counts_as_a_part_of_a_word(text: str, count: float) -> None:
    assert word_count(text) == pytest.approx(count)


def test_a_passage_without_a_layout_has_its_sentences(hit: Callable[..., Hit]) -> None:
    old = hit("It rains. The boat leaves at nine.", start=7)

    assert [(each.start, each.end) for each in layout_of(old.passage).statements] == [(7, 16), (17, 41)]
    assert [each.text for each in windows([old])] == ["It rains. The boat leaves at nine."]


def test_a_part_of_a_window_says_what_its_statements_say() -> None:
    (hit,) = hits_of("# Leave\n\nStaff receive 25 days. Unused days expire. Half days count.\n")
    (whole,) = windows([hit])
    part = part_of(whole, hit.passage.content, 1, 2)

    assert (part.text, part.first, part.last) == ("Unused days expire. Half days count.", 1, 2)
    assert part_of(part, hit.passage.content, 1, 1).text == "Half days count."
    assert (part.heading, part.kind, part.hit) == (whole.heading, whole.kind, whole.hit)


_PIECES = [
    "It rains. The boat leaves\nat nine. Nobody waits.",
    "早上九点开门。晚上十点关门；周一休息。",
    "Before you go:\n\n- One. Two.\n- Three",
    "1. Open it.\n2. Wait. Wait more.",
    "| A | B |\n|---|---|\n| x | 1 |\n| y | - |",
    "Q: Why?\nA: So. And so.",
    "问：为何？\n答：如此。",
    "## May I?\n\nYes. No.",
    "# Part",
    f"{'word ' * 50}end. So. {'word ' * 44}end.",
    "```\ncode. code.\n```",
    "> quoted. text.",
]
_DOCUMENTS = st.lists(st.sampled_from(_PIECES), max_size=6).map("\n\n".join)


@given(_DOCUMENTS)
@configured(max_examples=80, deadline=None, database=None, derandomize=True)
def test_windows_lie_on_one_line_hold_no_question_and_leave_no_statement_out(text: str) -> None:
    hits = hits_of(text)
    found = list(windows(hits))
    for window in found:
        passage = hits[window.hit].passage
        first, last = window.statements[0], window.statements[-1]
        assert window.text == passage.content[first.shown_start : last.shown_end]
        assert window.text in window.said
        assert window.kind == "code" or "\n" not in window.text
        assert len(window.statements) == 1 or word_count(window.text) <= LONGEST
        assert {each.kind for each in window.statements} & {"question"} == set()
        assert all(text[each.start : each.end] in passage.text for each in window.statements)
        for span in layout_of(passage).context:
            assert text[span.start : span.end] == span.quote
    for number, hit in enumerate(hits):
        covered = {place for each in found if each.hit == number for place in range(each.first, each.last + 1)}
        layout = layout_of(hit.passage)
        leads = {(span.start, span.end) for span in layout.context if span.kind == "lead_in"}
        said = [(each.kind, (each.start, each.end)) for each in layout.statements]
        assert covered == {n for n, (kind, own) in enumerate(said) if kind != "question" and own not in leads}
    assert len({(each.hit, each.first, each.last) for each in found}) == len(found)


@pytest.mark.parametrize("text", ["a" * 1_000_000, "假" * 200_000, "a. " * 2_000, "word " * 200_000])
def test_lines_and_words_of_megabytes_have_windows_at_once(hit: Callable[..., Hit], text: str) -> None:
    begun = time.process_time()

    assert list(windows([hit(text)]))
    assert time.process_time() - begun < 8
