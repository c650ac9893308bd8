"""Pages of lists, in the way of OpenAI's: `limit`, `after` and `order` in, `first_id`, `last_id` and `has_more` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Query

from service.wire.tandem.objects.content import ObjectList
from store.errors import NotFoundError

LISTS = """Every list takes `limit`, `after` (the `last_id` of the page before) and `order`, and says in `has_more`
whether there is another page. `order` is that of creation: `desc`, the newest first, for documents, versions, data
sets, releases, jobs and models; `asc`, the oldest first, for evaluations, the events of a job and the examples of a
data set. Domains have names instead: they come in the order of these, `asc`. A parameter that a call does not know is
refused."""
Order = Literal["asc", "desc"]
Limit = Annotated[int, Query(ge=1, le=10_000, description="at most so many objects")]
After = Annotated[str | None, Query(max_length=600, description="the last object that was seen: `last_id` of a page")]


@dataclass(frozen=True)
class Page:
    """What a client asked for; `after` is the id of the last object it has seen."""

    limit: int
    after: str | None
    order: Order

    def of(self, objects: Sequence[Any], ids: Sequence[str] | None = None) -> ObjectList:
        """Return the page of a whole list, given in ascending order; `NotFoundError` if `after` is not in it.

        `ids` are those of objects that do not name them in a field `id`.
        """
        names = [each.id for each in objects] if ids is None else list(ids)
        numbers = list(range(len(objects)))
        ordered = numbers if self.order == "asc" else numbers[::-1]
        if self.after is not None:
            if self.after not in names:
                raise NotFoundError(f"There is no {self.after[:80]!r} in this list.", code="not_found", param="after")
            ordered = ordered[ordered.index(names.index(self.after)) + 1 :]
        shown = ordered[: self.limit]
        return ObjectList.of(
            [objects[number] for number in shown],
            has_more=len(ordered) > self.limit,
            ids=[names[number] for number in shown],
        )


def page(default_limit: int, default_order: Order = "desc") -> Callable[..., Page]:
    """Return a dependency that reads a page from the query, with these defaults."""

    def read(limit: Limit = default_limit, after: After = None, order: Order = default_order) -> Page:
        return Page(limit, after, order)

    return read
