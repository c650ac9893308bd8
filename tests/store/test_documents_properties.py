"""Any sequence of puts, replacements and deletions leaves what a dictionary would hold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writing import PASSAGE_SET, embed, take

from store.documents import delete_document, get_document, list_documents
from store.domains import create_domain
from store.passages import changes_since, live_texts, read_contents, read_passages
from store.store import Store
from store.verify import verify_store

_NAMES = ("a", "b", "c")
_TEXTS = st.lists(st.sampled_from(("one", "two", "three", "four", "five")), min_size=1, max_size=4).map("\n".join)
_PUT = st.tuples(st.just("put"), st.sampled_from(_NAMES), _TEXTS)
_RECEIVE = st.tuples(st.just("receive"), st.sampled_from(_NAMES), _TEXTS)  # never made searchable
_DELETE = st.tuples(st.just("delete"), st.sampled_from(_NAMES), st.just(""))


class _Model:
    """A store and what it should hold: per document its newest and its searchable text."""

    def __init__(self, home: Path) -> None:
        self.store = Store.open(home)
        self.domain_id = create_domain(self.store, "handbook", {}).id
        self.newest: dict[str, str] = {}
        self.searchable: dict[str, str] = {}

    def do(self, action: str, name: str, text: str) -> None:
        if action == "delete":
            if name in self.newest:
                delete_document(self.store, self.domain_id, get_document(self.store, self.domain_id, name).id)
            self.newest.pop(name, None)
            self.searchable.pop(name, None)
            return
        document = take(self.store, self.domain_id, name, text)
        self.newest[name] = text
        if action == "put" and document.status != "searchable":
            embed(self.store, document, text)
        if action == "put":
            self.searchable[name] = text

    def check_passages(self) -> None:
        live = live_texts(self.store, self.domain_id, PASSAGE_SET)
        found: dict[str, list[str]] = {}
        for passage in read_passages(self.store, self.domain_id, live.live, PASSAGE_SET):
            found.setdefault(passage.external_id, []).append(passage.text)
        assert {name: "\n".join(lines) for name, lines in found.items()} == self.searchable
        contents = {content for _, content in read_contents(self.store, live.live)}
        assert contents == {line for text in self.searchable.values() for line in text.split("\n")}

    def check_all(self, followed: tuple[int, frozenset[int]]) -> None:
        assert {document.external_id for document in list_documents(self.store, self.domain_id)} == set(self.newest)
        assert verify_store(self.store) == []
        live = live_texts(self.store, self.domain_id, PASSAGE_SET)
        changes = changes_since(self.store, self.domain_id, PASSAGE_SET, followed[0])
        assert (changes.seq, (followed[1] - changes.gone) | changes.live) == (live.seq, live.live)


@pytest.mark.parametrize("examples", [12, pytest.param(100, marks=pytest.mark.nightly)])
def test_documents_passages_and_change_log_agree_after_any_sequence(empty_home: Path, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(st.lists(st.one_of(_PUT, _PUT, _RECEIVE, _DELETE), max_size=8), st.integers(0, 8))
    def agree(actions: list[tuple[str, str, str]], pause: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model = _Model(Path(shutil.copytree(empty_home, Path(folder) / "home")))
            followed: tuple[int, frozenset[int]] = (0, frozenset())
            for number, action in enumerate(actions):
                model.do(*action)
                model.check_passages()
                if number == pause:  # an index that followed the log up to here must reach the end from here
                    live = live_texts(model.store, model.domain_id, PASSAGE_SET)
                    followed = (live.seq, live.live)
            model.check_all(followed)
            model.store.close()

    agree()
