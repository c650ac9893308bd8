"""Drafts: the whole is the fold of its pieces, and is given up between two of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator.answer import AbandonedError, Draft, Ending, Piece, draft_of


def test_a_draft_is_its_pieces_in_their_order_with_the_ending_of_the_last() -> None:
    ending = Ending(prompt_tokens=3, completion_tokens=2, span="nine")

    assert draft_of([Piece("At "), Piece("nine."), Piece("", ending)]) == Draft("At nine.", ending)


def test_a_draft_that_nobody_wants_any_more_is_given_up_at_its_next_piece() -> None:
    made: list[str] = []

    def pieces() -> Iterator[Piece]:
        for word in ("one", "two", "three", "four"):
            made.append(word)
            yield Piece(word)
        yield Piece("", Ending())

    with pytest.raises(AbandonedError):
        draft_of(pieces(), lambda: len(made) == 2)

    assert made == ["one", "two"]


@pytest.mark.parametrize("pieces", [[], [Piece("text")], [Piece("text", Ending()), Piece("more")]])
def test_a_draft_without_an_ending_is_a_fault_of_its_backend(pieces: list[Piece]) -> None:
    with pytest.raises(ValueError, match="without an ending"):
        draft_of(pieces)
