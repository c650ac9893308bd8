"""Anchoring: which documents of a domain a text stands in, and where in them an answer stands.

Texts are compared without case and white space, so that a paragraph is found whatever its line ends are. Places are
characters `[start, end)` of the text of the newest version.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.datasets import Span
from store.documents import Document, get_version, list_documents
from store.store import Store

_KEY = 24  # signs at the beginning of a text by which it is looked for
_MOST = 20  # places of one answer; more say nothing


@dataclass(frozen=True)
class Anchor:
    """A document that holds a text, from `start` to `end`."""

    document: Document
    start: int
    end: int


class Texts:
    """The texts of the documents of a domain, each read once, when it is first asked for."""

    def __init__(self, store: Store, domain_id: str) -> None:
        self._store, self._domain = store, domain_id
        self.documents = {each.external_id: each for each in list_documents(store, domain_id)}
        self._texts: dict[str, str | None] = {}
        self._plain: dict[str, str | None] = {}

    def of(self, document: Document) -> str | None:
        """Return the text of a document, None if it has none yet."""
        if document.id not in self._texts:
            self._texts[document.id] = get_version(self._store, self._domain, document.id).text
        return self._texts[document.id]

    def plain(self, document: Document) -> str | None:
        """Return the text in comparable form, None if there is none yet."""
        if document.id not in self._plain:
            text = self.of(document)
            self._plain[document.id] = None if text is None else plain(text)
        return self._plain[document.id]

    def holding(self, passages: Iterable[str]) -> dict[str, Anchor]:
        """Return for each of the passages that a document holds the first such document, and where it stands."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for passage in dict.fromkeys(passages):
            key = _squeezed(passage)[:_KEY]
            if len(key) == _KEY:
                wanted[key].append(passage)
        found: dict[str, Anchor] = {}
        for document in self.documents.values() if wanted else ():
            text = self.of(document)
            for passage in _heads(text or "", wanted):
                place = locate(text or "", passage) if passage not in found else None
                if place is not None:
                    found[passage] = Anchor(document, *place)
        return found

    def spans(self, document: Document, answers: Sequence[str]) -> list[Span]:
        """Return where answers stand in a document as whole words, in order; none if one stands in many places."""
        text = self.of(document)
        if text is None:
            return []
        found: set[Span] = set()
        for answer in answers:
            places = [(each.start(), each.end()) for each in _pattern(answer).finditer(text)]
            if len(places) <= _MOST:
                found |= set(places)
        return sorted(found)


def plain(text: str) -> str:
    """Return a text in comparable form: without case and with single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def locate(text: str, passage: str) -> Span | None:
    """Return where a passage stands in a text, whatever case and white space there is; None if it does not."""
    if not passage.strip():
        return None
    exact = text.find(passage)
    if exact >= 0:
        return exact, exact + len(passage)
    signs, places = _placed(text)
    start = signs.find(_placed(passage)[0])
    if start < 0:
        return None
    return places[start], places[start + len(_placed(passage)[0]) - 1] + 1


def _placed(text: str) -> tuple[str, list[int]]:
    """Return the comparable signs of a text, and where in it each stands."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for each in unicodedata.normalize("NFKC", sign).casefold():
            if not each.isspace():
                signs.append(each)
                places.append(place)
    return "".join(signs), places


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _heads(text: str, wanted: dict[str, list[str]]) -> list[str]:
    """Return the passages whose first signs stand somewhere in a text."""
    squeezed = _squeezed(text)
    hits = {squeezed[place : place + _KEY] for place in range(len(squeezed) - _KEY + 1)} & wanted.keys()
    return [passage for key in hits for passage in wanted[key]]


def _pattern(answer: str) -> re.Pattern[str]:
    """Return what finds an answer as whole words, with any white space between them."""
    words = [re.escape(word) for word in answer.split()]
    edge = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
    return re.compile(edge[0] + r"\s+".join(words) + edge[1], re.IGNORECASE)
