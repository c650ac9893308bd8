"""Pages of lists, in the way of OpenAI's: `limit`, `after` and `order` in, `first_id`, `last_id` and `has_more` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Query

from service.objects.content import ObjectList
from store.errors import NotFoundError

Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Page:
    """What a client asked for; `after` is the id of the last object it has seen."""

    limit: int
    after: str | None
    order: Order

    def of(self, objects: Sequence[Any]) -> ObjectList:
        """Return the page of a whole list, given in the order of creation; `NotFoundError` if `after` is not in it."""
        ordered = list(objects) if self.order == "asc" else list(reversed(objects))
        if self.after is not None:
            places = [place for place, each in enumerate(ordered) if each.id == self.after]
            if not places:
                raise NotFoundError(f"There is no {self.after[:80]!r} in this list.", code="not_found", param="after")
            ordered = ordered[places[0] + 1 :]
        return ObjectList.of(ordered[: self.limit], has_more=len(ordered) > self.limit)


def page(default_limit: int, default_order: Order = "desc") -> Callable[..., Page]:
    """Return a dependency that reads a page from the query, with these defaults."""

    def read(
        limit: Annotated[int, Query(ge=1, le=10_000)] = default_limit,
        after: Annotated[str | None, Query(max_length=200)] = None,
        order: Order = default_order,
    ) -> Page:
        return Page(limit, after, order)

    return read
