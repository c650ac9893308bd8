"""What a request may do: which domain it sees, and whether it may change anything."""

from __future__ import annotations

from dataclasses import dataclass

from store.errors import NotFoundError


@dataclass(frozen=True)
class Access:
    """What the key of a request allows; `by` is its name, for the log. `domain` None means all domains."""

    by: str
    writes: bool = True
    domain_id: str | None = None
    domain: str | None = None

    @property
    def everywhere(self) -> bool:
        """Whether it is for all domains."""
        return self.domain_id is None

    def sees(self, domain_id: str | None) -> bool:
        """Return whether what belongs to a domain (None: to the whole server) may be shown."""
        return self.domain_id in (None, domain_id)

    def check(self, domain_id: str | None, noun: str, name: str) -> None:
        """Raise `NotFoundError` unless it may be shown: in the words with which one that does not exist is refused."""
        if not self.sees(domain_id):
            raise NotFoundError(f"There is no {noun} {name[:80]!r}.", code=f"{noun}_not_found", param=noun)


OWNER = Access("the command line")  # who may read the data folder of the server
FULL = Access("")  # of a server that asks for no key
