"""The real store under the crash matrix: a script that touches everything durable, and what must hold after a kill.

Every step of the script is one transaction. What it means to a user is said a second time, on a plain-Python `State`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from acknowledged import possible_states, run_steps
from crash_process import Process, domain_view
from fakes import HashEncoder
from writing import PASSAGE_SET

from retriever.index.verification import verify_index
from store import recovery, schema
from store.awaited import awaited_contents
from store.documents import (
    get_version,
    list_documents,
    read_original,
)
from store.domains import create_domain, get_domain
from store.ids import sha256
from store.jobs import list_jobs
from store.models import list_models
from store.passages import live_texts, read_passages
from store.releases import active_release, list_releases
from store.store import Store
from store.verify import verify_store

OWNER = {"command": "crash script"}
Documents = dict[str, tuple[str, tuple[str, ...] | None]]


@dataclass(frozen=True)
class State:
    """What a user can see. A document is its newest original and its searchable passages."""

    documents: Documents = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()  # lines without a vector
    job: str | None = None
    flags: tuple[str, ...] | None = None  # of the model, None without one
    releases: frozenset[str] = frozenset({"first"})
    active: str = "first"


_Step = tuple[Callable[[Process], None], Callable[[State], State]]


def _put(name: str, text: str) -> list[_Step]:
    """Store a document or a new version of it: two steps, each of which is acknowledged to the user."""

    def received(state: State) -> State:
        searchable = state.documents[name][1] if name in state.documents else None
        return replace(state, documents={**state.documents, name: (text, searchable)})

    def embedded(state: State) -> State:
        replaced = state.documents[name][1] is not None
        documents = {**state.documents, name: (text, tuple(text.split("\n")))}
        return replace(state, documents=documents, flags=_flagged(state.flags, "outdated") if replaced else state.flags)

    return [(lambda p: p.receive(name, text), received), (lambda p: p.embed(name, text), embedded)]


def _put_together(**texts: str) -> list[_Step]:
    """Store new documents in two transactions, whose files are written by several threads."""

    def received(state: State) -> State:
        return replace(state, documents=state.documents | {name: (text, None) for name, text in texts.items()})

    def embedded(state: State) -> State:
        searchable: Documents = {name: (text, tuple(text.split("\n"))) for name, text in texts.items()}
        return replace(state, documents=state.documents | searchable)

    return [(lambda p: p.receive_together(texts), received), (lambda p: p.embed_together(texts), embedded)]


def _delete(name: str) -> list[_Step]:
    def deleted(state: State) -> State:
        documents = {key: value for key, value in state.documents.items() if key != name}
        return replace(state, documents=documents, flags=_flagged(state.flags, "tainted"))

    return [(lambda p: p.delete(name), deleted)]


def _put_by_words(name: str, text: str, awaited: frozenset[str]) -> list[_Step]:
    """Store a document that is searchable by its words first; `awaited` are all lines without a vector then."""
    (receive, received), (_, embedded) = _put(name, text)
    return [
        (receive, received),
        (lambda p: p.publish_words(name, text), lambda state: replace(embedded(state), awaited=awaited)),
    ]


def _portion(count: int, left: frozenset[str]) -> list[_Step]:
    """Store so many of the vectors that are awaited, after which `left` are."""
    return [(lambda p: p.embed_portion(count), lambda state: replace(state, awaited=left))]


_SNAPSHOT: list[_Step] = [(Process.snapshot, lambda s: s)]
SCRIPT: tuple[_Step, ...] = (
    *_put("a", "one\ntwo"),
    *_SNAPSHOT,
    *_put("b", "two\nthree"),
    (Process.queue, lambda s: replace(s, job="queued")),
    (Process.claim, lambda s: replace(s, job="running")),
    (Process.publish, lambda s: replace(s, flags=())),
    (Process.finish, lambda s: replace(s, job="succeeded")),
    (Process.release, lambda s: replace(s, releases=frozenset({"first", "tuned"}))),
    (Process.promote, lambda s: replace(s, active="tuned")),
    *_put("a", "one\nfour"),
    *_put_together(c="five\nsix", d="six\nseven"),
    *_delete("b"),
    *_SNAPSHOT,
    *_put_by_words("e", "six\neight\nnine\nten", frozenset({"eight", "nine", "ten"})),
    *_portion(1, frozenset({"nine", "ten"})),
    *_SNAPSHOT,
    *_put_by_words("e", "nine\neleven", frozenset({"nine", "eleven"})),
    *_portion(2, frozenset()),
    *_SNAPSHOT,
    (Process.rollback, lambda s: replace(s, active="first")),
)


def prepare(home: Path) -> None:
    """Make the store that every run begins with: migrated, with an empty domain."""
    store = Store.open(home)
    create_domain(store, "handbook", {"adapter": None, "label": "first"})
    store.close()


def run(home: Path, journal: Path) -> None:
    """Carry out the script, as a server would: recovery first, then the steps, then an orderly end."""
    store = Store.open(home)
    with store.folder.lock(OWNER):
        recover(store)
        process = Process(store)
        run_steps((partial(do, process) for do, _ in SCRIPT), journal)
        process.index.close()
    store.close()


def check(home: Path, journal: Path) -> list[str]:
    """Return what is wrong with the store that a killed run left, after recovering it twice."""
    return check_against(home, [state_after(steps) for steps in possible_states(journal)])


def check_against(home: Path, before: list[State]) -> list[str]:
    """Recover a store that was in one of these states when its process died; return what is wrong, twice."""
    expected = [_recovered(state) for state in before]
    store = Store.open(home)
    with store.folder.lock(OWNER):
        recover(store)
        problems = _examine(store, expected)
        once = _fingerprint(store)
    store.close()
    store = Store.open(home)
    with store.folder.lock(OWNER):
        collected = recover(store)
        changed = [key for key, value in _fingerprint(store).items() if value != once.get(key)]
    if collected or changed:
        problems.append(f"the second recovery changed something: {collected or changed}")
    store.close()
    return problems


def _examine(store: Store, expected: list[State]) -> list[str]:
    domain = get_domain(store, "handbook")
    problems = verify_store(store) + verify_index(store, domain_view(domain.id))
    for path in (store.folder.root / "blobs").glob("*/*"):  # named by a row or not: sent again, it is not written again
        if sha256(path.read_bytes()) != path.name:
            problems.append(f"the original {path.name} is half there")
    found = _observe(store, domain.id)
    if found not in expected:
        problems.append(f"found is {found}, expected {' or '.join(map(str, expected))}")
    return problems


def _observe(store: Store, domain_id: str) -> State:
    passages: dict[str, list[str]] = {}
    for passage in read_passages(store, domain_id, live_texts(store, domain_id, PASSAGE_SET).live, PASSAGE_SET):
        passages.setdefault(passage.document_id, []).append(passage.text)
    documents: Documents = {}
    for document in list_documents(store, domain_id):
        original = read_original(store, get_version(store, domain_id, document.id)).decode()
        searchable = passages.pop(document.id, None)
        documents[document.external_id] = (original, tuple(searchable) if searchable else None)
    assert not passages, "passages of a document that does not exist"
    awaited = frozenset(awaited_contents(store, domain_id, HashEncoder.space_id, 100))
    models, jobs = list_models(store, domain_id), list_jobs(store)
    assert len(models) <= 1
    assert len(jobs) <= 1
    return State(
        documents,
        awaited,
        jobs[0].status if jobs else None,
        tuple(models[0].flags) if models else None,
        frozenset(release.manifest["label"] for release in list_releases(store, domain_id)),
        active_release(store, domain_id).manifest["label"],
    )


def state_after(steps: int) -> State:
    """Return what a user sees after so many steps of the script."""
    state = State()
    for _, meaning in SCRIPT[:steps]:
        state = meaning(state)
    return state


def _recovered(state: State) -> State:
    return replace(state, job="queued") if state.job == "running" else state


def recover(store: Store) -> list[str]:
    """Do what a server does before it serves; return the litter that was removed."""
    before = {path for place in (store.folder.indexes, store.folder.artifacts) for path in place.iterdir()}
    recovery.recover(store)
    return sorted(path.name for path in before if not path.exists())


def _fingerprint(store: Store) -> dict[str, object]:
    """Return every table's rows and the hash of every file beside the database, scratch files excepted."""
    folder = store.folder
    content: dict[str, object] = {
        str(path.relative_to(folder.root)): sha256(path.read_bytes())
        for place in (folder.root / "blobs", folder.artifacts, folder.indexes)
        for path in place.rglob("*")
        if path.is_file()
    }
    content["files"] = sorted(content)
    with store.database.read() as connection:
        for name, table in schema.metadata.tables.items():
            rows = [tuple(row) for row in connection.execute(sa.select(table))]
            content[name] = [row for row in rows if row[0] != "starts"]  # a start may be counted
    return content


def _flagged(flags: tuple[str, ...] | None, flag: str) -> tuple[str, ...] | None:
    return None if flags is None else tuple(sorted({*flags, flag}))
