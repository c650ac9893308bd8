"""The very first start, as a script for the crash matrix: an empty folder becomes a store with one domain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acknowledged import possible_states, run_steps

from store.domains import create_domain, list_domains
from store.store import Store
from store.verify import verify_store


def prepare(home: Path) -> None:
    """Make an empty folder."""
    home.mkdir()


def run(home: Path, journal: Path) -> None:
    """Create the tables, then a domain."""
    opened: list[Store] = []
    steps: tuple[Callable[[], None], ...] = (
        lambda: opened.append(Store.open(home)),
        lambda: _create(opened[0]),
    )
    run_steps(steps, journal)
    opened[0].close()


def check(home: Path, journal: Path) -> list[str]:
    """Return what is wrong after the next start."""
    store = Store.open(home)
    problems = verify_store(store)
    if len(list_domains(store)) not in [steps // 2 for steps in possible_states(journal)]:
        problems.append(f"found are the domains {list_domains(store)}")
    store.close()
    return problems


def _create(store: Store) -> None:
    create_domain(store, "handbook", {"adapter": None})
