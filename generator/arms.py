"""The arms: every way of answering that can be asked for or compared, one row each, the cheapest first.

The order is what a verdict prefers at equal quality. A release serves the arms that its backend and its adapter allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Way = Literal["with_context", "closed_book"]  # how an adapter was trained: with passages shown, or without any


@dataclass(frozen=True)
class Arm:
    """An arm: whether passages are shown, and how the adapter that it uses was trained (None: it uses none).

    With `quotes` no language model writes: it is an arm to compare with, and a release serves it as `rag`, by a backend
    that quotes. `advice` is what a verdict says that ends with this arm.
    """

    name: str
    passages: bool
    trained: Way | None
    advice: str
    quotes: bool = False

    @property
    def takes_shots(self) -> bool:
        """Whether examples may be shown before the question: an adapter was trained without any."""
        return self.passages and self.trained is None and not self.quotes


ARMS = (
    Arm(
        "extractive",
        passages=True,
        trained=None,
        advice="Quote passages, without a language model: nothing else is measurably better.",
        quotes=True,
    ),
    Arm(
        "base",
        passages=False,
        trained=None,
        advice="Use the base model alone: nothing dearer is measurably better.",
    ),
    Arm(
        "rag",
        passages=True,
        trained=None,
        advice="Use retrieval and do not tune: nothing dearer is measurably better.",
    ),
    Arm(
        "tuned",
        passages=False,
        trained="closed_book",
        advice="Use the tuned model without retrieval.",
    ),
    Arm(
        "tuned+rag",
        passages=True,
        trained="closed_book",
        advice="Use retrieval with the closed-book adapter.",
    ),
    Arm(
        "combined",
        passages=True,
        trained="with_context",
        advice="Use retrieval with the adapter that was trained with context.",
    ),
)
BY_COST = tuple(arm.name for arm in ARMS)
ARM_OF: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in ARMS})
SERVED: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in ARMS if not arm.quotes})
DEFAULT_ARM = "rag"  # of a release that says nothing else, and the one that others are compared with


def servable_arm(trained: str) -> str:
    """Return the arm that a release with an adapter trained this way serves by default: the dearest with passages."""
    return next(arm.name for arm in reversed(ARMS) if arm.trained == trained and arm.passages)
