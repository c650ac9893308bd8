"""Pages of lists, in the way of OpenAI's: `limit`, `after` and `order` in, `first_id`, `last_id` and `has_more` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeVar

from fastapi import Query

from service.http.objects import ObjectList
from store.errors import NotFoundError

LISTS = """Every list takes `limit`, `after` (the `last_id` of the page before) and `order`, and says in `has_more`
whether there is another page. `order` is that of creation: `desc`, the newest first, for documents, versions, data
sets, releases, jobs and models; `asc`, the oldest first, for evaluations, the events of a job and the examples of a
data set. Domains have names instead: they come in the order of these, `asc`. A parameter that a call does not know is
refused."""
Order = Literal["asc", "desc"]
Limit = Annotated[int, Query(ge=1, le=10_000, description="at most so many objects")]
After = Annotated[str | None, Query(max_length=600, description="the last object that was seen: `last_id` of a page")]


class Named(Protocol):
    """An object of the wire that has an id."""

    id: str


_Object = TypeVar("_Object")
_Named = TypeVar("_Named", bound=Named)


@dataclass(frozen=True)
class Page:
    """What a client asked for; `after` is the id of the last object it has seen."""

    limit: int
    after: str | None
    order: Order

    def of(self, objects: Sequence[_Named]) -> ObjectList[_Named]:
        """Return the page of a whole list, given in ascending order; `NotFoundError` if `after` is not in it."""
        return self.of_known_by(objects, [each.id for each in objects])

    def of_known_by(
        self, objects: Sequence[_Object], names: Sequence[str], *, shown: bool = True
    ) -> ObjectList[_Object]:
        """Return the same of objects that `after` knows by these names; `shown` says whether the page shows them."""
        numbers = list(range(len(objects)))
        ordered = numbers if self.order == "asc" else numbers[::-1]
        if self.after is not None:
            if self.after not in names:
                raise NotFoundError(f"There is no {self.after[:80]!r} in this list.", code="not_found", param="after")
            ordered = ordered[ordered.index(names.index(self.after)) + 1 :]
        taken = ordered[: self.limit]
        found = [objects[number] for number in taken]
        return ObjectList.of(found, [names[number] for number in taken if shown], len(ordered) > self.limit)


def page(default_limit: int, default_order: Order = "desc") -> Callable[..., Page]:
    """Return a dependency that reads a page from the query, with these defaults."""

    def read(limit: Limit = default_limit, after: After = None, order: Order = default_order) -> Page:
        return Page(limit, after, order)

    return read
