"""The lexical index: BM25 in tantivy over two fields, each in its turn coarse and fine.

`words` holds plain words and single CJK characters, `stems` stems and pairs of CJK characters, both the codes.

User text never meets a query parser: it is cut into terms, and each becomes a term query. A working folder belongs to
one process and is thrown away; what survives are checkpoints, hard links to tantivy's immutable segment files.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

from retriever.text.analysis import codes, content_terms, content_words, terms, words, words_and_terms
from retriever.text.spelling import slips

_FEW = 500  # ids up to which looking each of them up is quicker than a set of terms: .1 against .5 ms for 45
_SLIP = 0.5  # of the score of a word that stands in one text only: what a nearly equal one is worth
_HEAP = 50_000_000  # bytes a writer may use before it flushes a segment


@dataclass(frozen=True)
class LexicalSnapshot:
    """An immutable view of the index as of one commit."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher

    def search(self, query: str, limit: int, allowed: set[int] | None = None) -> list[tuple[int, float]]:
        """Return up to `limit` (text id, BM25) pairs, best first; only ids in `allowed` if that is given.

        Function words of the query are left out, unless there is nothing else: in a small domain they are rare enough
        to lead astray.
        """
        should = [("words", word) for word in self._asked("words", content_words(query) or words(query), query)]
        should += [("stems", stem) for stem in self._asked("stems", content_stems(query) or stems(query), query)]
        if not should or (allowed is not None and not allowed):
            return []
        parsed = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._clause(*each)) for each in should])
        if allowed is None:
            return self._hits(parsed, limit)
        # A set of terms costs as much as it is large; a filter that lets much through is soon full without one.
        ahead = 4 * limit * self.searcher.num_docs // len(allowed)
        if ahead < len(allowed) // 10:
            found = self._hits(parsed, ahead)
            kept = [hit for hit in found if hit[0] in allowed][:limit]
            if len(kept) == limit or len(found) < ahead:
                return kept
        both = [(tantivy.Occur.Must, parsed), (tantivy.Occur.Must, self._members(sorted(allowed)))]
        return self._hits(tantivy.Query.boolean_query(both), limit)

    def _clause(self, field: str, term: str) -> tantivy.Query:
        """Return a query for a term; a word that stands nowhere may be a slip for one that does."""
        allowed = slips(term) if field == "stems" else 0
        if not allowed or self.searcher.doc_freq(field, term):
            return tantivy.Query.term_query(self.schema, field, term, "freq")
        near = tantivy.Query.fuzzy_term_query(self.schema, field, term, allowed)
        return tantivy.Query.const_score_query(near, _SLIP * math.log(1 + 2 * self.searcher.num_docs))

    def _members(self, ids: list[int]) -> tantivy.Query:
        """Return a query for the texts with these ids, which adds nothing to a score."""
        if len(ids) > _FEW:
            found = tantivy.Query.term_set_query(self.schema, "id", ids)
        else:
            each = (tantivy.Query.term_query(self.schema, "id", key, "basic") for key in ids)
            found = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in each])
        return tantivy.Query.const_score_query(found, 0.0)

    def _hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        hits = self.searcher.search(query, limit, count=False).hits
        ids = self.searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(key), float(score)) for key, (score, _) in zip(ids, hits, strict=True)]

    def term_weights(self, query: str) -> dict[str, float]:
        """Return how rare each stem of the query is here: BM25's idf, ln(1 + (N - n + 0.5) / (n + 0.5)).

        Function words are left out, unless there is nothing else.
        """
        total = self.searcher.num_docs
        asked = self._asked("stems", content_stems(query) or stems(query), query)
        counts = {stem: self.searcher.doc_freq("stems", stem) for stem in asked}
        return {stem: math.log(1 + (max(total, n) - n + 0.5) / (n + 0.5)) for stem, n in counts.items()}

    def _asked(self, field: str, found: Sequence[str], query: str) -> list[str]:
        """Return different terms of the query, without the parts of a code that stands here as a whole.

        "E-4711" is asked for, not any 4711.
        """
        known = {code: parts for code, parts in codes(query).items() if self.searcher.doc_freq(field, code)}
        left_out = {part for parts in known.values() for part in parts}
        return [term for term in dict.fromkeys(found) if term not in left_out]

    def unseen(self, query: str) -> frozenset[str]:
        """Return the stems of the query that no text holds, function words left out."""
        return frozenset(stem for stem in content_stems(query) if not self.searcher.doc_freq("stems", stem))

    @property
    def count(self) -> int:
        """How many texts there are."""
        return int(self.searcher.num_docs)

    def ids(self) -> set[int]:
        """Return the ids of all texts."""
        hits = self.searcher.search(tantivy.Query.all_query(), max(1, self.count), count=False).hits
        return {int(key) for key in self.searcher.fast_field_values("id", [address for _, address in hits])}


class LexicalIndex:
    """The index in a working folder that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if tantivy.Index.exists(str(folder)):
            self._index = tantivy.Index.open(str(folder))
        else:
            self._index = tantivy.Index(_schema(), path=str(folder))
        self._index.register_tokenizer("words", _WORDS)
        self._index.register_tokenizer("stems", _STEMMER)
        self._index.config_reader("manual")

    def changed(self, removed: Iterable[int], added: Sequence[tuple[int, str]]) -> LexicalSnapshot:
        """Remove ids, add (id, content) pairs, commit, and return the new view."""
        writer = self._index.writer(_HEAP, 1)
        try:
            for key in removed:
                writer.delete_documents_by_term("id", key)
            for key, text in added:
                document = tantivy.Document()
                document.add_integer("id", key)
                of_words, of_stems = words_and_terms(text)
                document.add_text("words", " ".join(of_words))
                document.add_text("stems", " ".join(of_stems))
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
        finally:
            del writer  # it holds a lock, also while somebody looks at the traceback of what went wrong
        return self.snapshot()

    def snapshot(self) -> LexicalSnapshot:
        """Return the view of the newest commit."""
        self._index.reload()
        return LexicalSnapshot(self._index.schema, self._index.searcher())

    def link_files(self, target: Path) -> None:
        """Link the files of the newest commit into `target`; tantivy only ever replaces files, so they stay as now."""
        for path in self._folder.iterdir():
            if not path.name.endswith(".lock") and not path.name.startswith(".tmp"):
                os.link(path, target / path.name)


def stems(text: str) -> list[str]:
    """Return the terms of a text in order, words in Latin, Cyrillic and Arabic script reduced to their stems."""
    return list(_STEMMER.analyze(" ".join(terms(text))))


def content_stems(text: str) -> list[str]:
    """Return the stems of a text in order, those of function words left out."""
    return list(_STEMMER.analyze(" ".join(content_terms(text))))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name="words", index_option="freq")
    builder.add_text_field("stems", tokenizer_name="stems", index_option="freq")
    return builder.build()


def _analyzer(*filters: tantivy.Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).filter(tantivy.Filter.remove_long(80))
    for each in filters:
        builder = builder.filter(each)
    return builder.build()


_WORDS = _analyzer()
# Each of them leaves the words of the other scripts as they are, and what is no word of its language nearly so.
_STEMMER = _analyzer(*(tantivy.Filter.stemmer(language) for language in ("english", "russian", "arabic")))
