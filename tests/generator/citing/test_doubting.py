"""The reader's doubt: a statement that answers the question, but otherwise than its passage does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from generator.citing.citations import check_citations
from generator.citing.doubting import Doubts, otherwise
from retriever.models.span_reader import Reading
from retriever.search.search import Hit

PASSAGE = "The office in the old mill opens at nine and closes at five."
ASKED = "When does the office close?"


def _reading(scores: dict[tuple[int, int], float], nothing: float) -> Reading:
    """Return a reading whose spans are tokens of their own, with these scores."""
    offsets = np.array(sorted(scores), dtype=np.int64).reshape(-1, 2)
    halves = np.array([scores[tuple(each)] / 2 for each in offsets.tolist()], dtype=np.float32)
    return Reading(offsets, halves, halves, nothing)


AGAINST = _reading({(PASSAGE.index("five"), PASSAGE.index("five") + 4): 9.0}, 0.0)


def test_how_sure_it_is_of_another_answer_is_a_share_of_likelihood() -> None:
    reading = _reading({(0, 3): 2.0}, 0.0)

    assert otherwise(reading, "one", "one two") == (0.0, "")
    sure, text = otherwise(reading, "one", "two")
    assert (text, sure) == ("one", pytest.approx(np.exp(2) / (np.exp(2) + 1)))
    assert otherwise(_reading({}, 0.0), "", "two") == (0.0, "")


def test_a_statement_that_answers_otherwise_loses_its_citation(hit: Callable[..., Hit]) -> None:
    hits = [hit(PASSAGE)]
    doubts = Doubts(ASKED, hits, [AGAINST], 0.5)
    dropped: dict[str, str] = {}

    _, right = check_citations("The office closes at five [1].", hits, doubt=doubts)
    _, wrong = check_citations("The office closes at nine [1].", hits, dropped, doubts)
    _, unasked = check_citations("The office closes at nine [1].", hits)

    assert ([each.marker for each in right], wrong, len(unasked)) == (["[1]"], [], 1)
    assert "five" in dropped["[1]"]


def test_what_stands_in_the_passage_and_what_answers_nothing_is_not_doubted(hit: Callable[..., Hit]) -> None:
    doubts = Doubts(ASKED, [hit(PASSAGE)], [AGAINST], 0.5)

    assert doubts("The office closes at nine.", 0) == "the passage answers the question with 'five'"
    assert doubts("the old mill opens at nine", 0) is None
    assert doubts("The mill is old.", 0) is None
    assert Doubts("?", [hit(PASSAGE)], [AGAINST], 0.5)("The office closes at nine.", 0) is None
