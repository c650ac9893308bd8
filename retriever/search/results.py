"""What a search is asked and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from retriever.search.candidates import Mode
from retriever.search.filters import Filter
from store.json_values import Json
from store.passages import Passage


@dataclass(frozen=True)
class Request:
    """A search: `top_k` hits, at least as new as the change `min_seq`.

    Where another thread is opening the index or bringing it to that change, the search waits `wait_s` seconds for it.
    """

    query: str
    top_k: int = 10
    mode: Mode | None = None  # None: as the release says
    rerank: bool | None = None  # None: as the release says
    filters: Filter | None = None
    min_seq: int = 0
    wait_s: float = 60.0


@dataclass(frozen=True)
class Hit:
    """A passage found; `also_in` names further documents with the same text.

    `ranks` begin at 1 and are places among the candidates of the search.
    """

    passage: Passage
    score: float
    ranks: dict[str, int | None]
    cosine: float | None
    also_in: list[str]


@dataclass(frozen=True)
class Result:
    """Hits, best first, and the change they are true at. What only some callers want is made when it is asked for."""

    hits: list[Hit]
    index_seq: int
    weigh: Callable[[], dict[str, float]] = field(repr=False, compare=False)
    look_up: Callable[[], frozenset[str]] = field(repr=False, compare=False)
    explain: Callable[[], dict[str, Json]] = field(repr=False, compare=False)

    @cached_property
    def term_weights(self) -> dict[str, float]:
        """How rare each stem of the query is in the domain."""
        return self.weigh()

    @cached_property
    def unseen(self) -> frozenset[str]:
        """The stems of the query that stand nowhere in the domain."""
        return self.look_up()

    @property
    def stages(self) -> dict[str, Json]:
        """What each stage found, for people, from more passages than the hits."""
        return self.explain()
