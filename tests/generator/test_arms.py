"""The table of arms: what follows from its rows."""

from __future__ import annotations

from generator.arms import ARMS, BY_COST, SERVED, servable_arm


def test_the_rows_stand_in_the_order_of_their_cost() -> None:
    assert BY_COST == ("extractive", "base", "rag", "tuned", "tuned+rag", "combined")


def test_an_arm_that_only_quotes_is_compared_and_never_named_by_a_request() -> None:
    assert [arm.name for arm in ARMS if arm.name not in SERVED] == ["extractive"]
    assert tuple(SERVED) == ("base", "rag", "tuned", "tuned+rag", "combined")


def test_what_an_arm_shows_and_which_adapter_it_takes() -> None:
    assert {arm.name: (arm.passages, arm.trained) for arm in ARMS} == {
        "extractive": (True, None),
        "base": (False, None),
        "rag": (True, None),
        "tuned": (False, "closed_book"),
        "tuned+rag": (True, "closed_book"),
        "combined": (True, "with_context"),
    }


def test_an_adapter_is_served_with_passages_however_it_was_trained() -> None:
    assert [servable_arm(trained) for trained in ("with_context", "closed_book")] == ["combined", "tuned+rag"]
