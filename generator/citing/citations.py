"""Checking citations: a marker stays only if its passage says what stands before it.

Most of the statement's words must occur in one sentence of the passage, every number, date, unit and negation of it
must stand there, and nobody may have changed places (see `generator.citing.claims`). Whether a paraphrase means the
same is not judged, but for what the reader has against it (`generator.citing.doubting`). A generator that quotes knows
its citations; they are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass

from generator.answer import Citation, Quote
from generator.citing.claims import support
from generator.citing.markers import MARKER, ends_here, is_copied, leading_markers_moved, marker_numbers
from retriever.index.lexical import stems
from retriever.search.search import Hit
from retriever.text.sentences import split_sentences
from store.layout import ContextSpan
from store.passages import Passage

Doubt = Callable[[str, int], str | None]  # what speaks against a statement about a hit, or None
SUPPORT = 0.6  # share of a statement's words that one sentence of the passage must hold


@dataclass(frozen=True)
class _Found:
    """The sentence of a passage that says a statement, or why none does; `share` of its words the best one holds."""

    citation: Citation | None
    reason: str = ""
    share: float = 0.0


def no_doubt(_statement: str, _hit: int) -> str | None:
    """Return that nothing speaks against the statement."""
    return None


def quoted_citations(quotes: Sequence[Quote], hits: Sequence[Hit]) -> list[Citation]:
    """Return the citations of quotes, in order: their spans are known and need no check."""
    return [_citation(hits[quote.hit], quote.hit + 1, quote.start, quote.end, 1.0) for quote in quotes]


def check_citations(
    text: str, hits: Sequence[Hit], dropped: MutableMapping[str, str] | None = None, doubt: Doubt = no_doubt
) -> tuple[str, list[Citation]]:
    """Return the text without the markers that do not hold, and a citation for each that does, in order.

    Markers come back as `[n]`, one a number. `dropped` is given each marker that does not hold, with why. `doubt` may
    have something against a statement that a sentence of the passage holds.
    """
    passages = [hit.passage.content for hit in hits]
    text = leading_markers_moved(text, passages)
    kept: list[Citation] = []
    parts: list[str] = []
    place = 0
    statement = ""
    for match in MARKER.finditer(text):
        numbers = marker_numbers(match, len(hits))
        copied = is_copied(text, place, match, passages)
        if not numbers or (copied and not ends_here(text, match)):
            continue  # it is text
        before = text[place : match.start()]
        said = _last_statement(before) or statement  # "[1][2]": both cite the same statement
        results = {number: _check(said, text[match.end() :], number, hits, doubt) for number in numbers}
        if copied and not any(found.citation for found in results.values()):
            continue
        statement = said
        parts.append(before)
        gap = match["gap"]
        for number, found in results.items():
            if found.citation is None:
                if dropped is not None:
                    dropped[f"[{number}]"] = found.reason
                continue
            parts.append(f"{gap}[{number}]")
            kept.append(found.citation)
            gap = ""
        place = match.end()
    parts.append(text[place:])
    return "".join(parts).strip(), kept


def _check(statement: str, after: str, number: int, hits: Sequence[Hit], doubt: Doubt) -> _Found:
    """Check the statement before a marker and, if it does not hold, the sentence around it: "According to [1], …"."""
    found = _support(statement, number, hits, doubt)
    rest = split_sentences(MARKER.sub("", after.split("\n", maxsplit=1)[0]))
    if found.citation is None and statement and rest and not statement.rstrip().endswith(tuple(".!?。！？")):
        around = _support(f"{statement} {rest[0].text}", number, hits, doubt)
        return around if around.citation is not None else found
    return found


def _last_statement(text: str) -> str:
    statements = [sentence.text for sentence in split_sentences(text, lines=True) if stems(sentence.text)]
    return statements[-1] if statements else ""


def supporting(statement: str, hits: Sequence[Hit], doubt: Doubt = no_doubt) -> Citation | None:
    """Return a citation of the passage that says a statement best, or None if none does."""
    found = [_support(statement, number, hits, doubt).citation for number in range(1, len(hits) + 1)]
    return max((each for each in found if each is not None), key=lambda each: each.score, default=None)


def supported(statement: str, hits: Sequence[Hit], doubt: Doubt = no_doubt) -> str | None:
    """Return why no passage says what the statement says, or None if one does."""
    found = [_support(statement, number, hits, doubt) for number in range(1, len(hits) + 1)]
    if not found or any(each.citation is not None for each in found):
        return None if found else "there is no passage"
    return max(found, key=lambda each: each.share).reason


def _support(statement: str, number: int, hits: Sequence[Hit], doubt: Doubt) -> _Found:
    if not statement:
        return _Found(None, "no statement stands before it")
    if not 1 <= number <= len(hits):
        return _Found(None, f"there is no passage {number}, there are {len(hits)}")
    hit = hits[number - 1]
    best = (0.0, "the passage is empty")
    sayings = _sayings(hit.passage)
    judged = [(*support(statement, said, SUPPORT, hit.passage.content), start, end) for start, end, said in sayings]
    for share, objection, start, end in sorted(judged, key=lambda each: -each[0]):
        if objection is None and (against := doubt(statement, number - 1)) is not None:
            return _Found(None, against, share)
        if objection is None:
            return _Found(_citation(hit, number, start, end, share))
        best = max((share, objection), best, key=lambda each: each[0])
    return _Found(None, best[1], best[0])


def _sayings(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """Yield what a passage says, as (start, end, what is said there): its statements, or else its sentences.

    An item says what it completes: the line before its list stands before it.
    """
    if passage.layout is None:
        for sentence in split_sentences(passage.text):
            yield sentence.start, sentence.end, sentence.text
        return
    for each in passage.layout.statements:
        spans = [passage.layout.context[number] for number in each.context]
        lines = [" ".join(span.quote.split()) for span in spans if span.kind in ("lead_in", "clause")]
        said = passage.content[each.shown_start : each.shown_end]
        yield each.start - passage.start, each.end - passage.start, " ".join([*lines, said])


def _citation(hit: Hit, number: int, start: int, end: int, share: float) -> Citation:
    passage = hit.passage
    return Citation(
        marker=f"[{number}]",
        document_id=passage.document_id,
        external_id=passage.external_id,
        title=passage.title,
        version=passage.version,
        passage_id=passage.id,
        start=passage.start + start,
        end=passage.start + end,
        page=passage.page,
        quote=passage.text[start:end],
        score=round(share, 4),
        context=_context(passage, passage.start + start, passage.start + end),
        source="text" if passage.layout is None else passage.layout.source,
        boxes=() if passage.layout is None else passage.layout.boxes,
    )


def _context(passage: Passage, start: int, end: int) -> tuple[ContextSpan, ...]:
    """Return what the statements at this place of the document need to be understood, but for what is quoted itself."""
    if passage.layout is None:
        return ()
    quoted = [each for each in passage.layout.statements if each.start < end and start < each.end]
    spans = [passage.layout.context[number] for each in quoted for number in each.context]
    return tuple(span for span in dict.fromkeys(spans) if not start <= span.start < span.end <= end)
