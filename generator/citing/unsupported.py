"""Sentences of an answer without a citation: those that a passage says can get one, the others be marked or dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generator.answer import Citation, Unsupported
from generator.citing.citations import Doubt, no_doubt, supported, supporting
from generator.citing.markers import MARKER
from retriever.index.lexical import content_stems
from retriever.search.search import Hit
from retriever.text.analysis import is_cjk
from retriever.text.sentences import split_sentences

_LEAST = 2  # words with a meaning of their own that a sentence needs to claim something
_NO_BLANK = re.compile(r"[\s.,;:!?。，；：！？]")
_STOPS = ".!。！"
_OPEN = (":", "：", "?", "？")  # what ends so announces or asks


def unsupported_sentences(
    text: str, citations: Sequence[Citation], hits: Sequence[Hit], doubt: Doubt = no_doubt
) -> list[Unsupported]:
    """Return the sentences of a checked text that carry no citation, and that no passage says, in order.

    Of a sentence with a citation inside it is what follows the last one. What claims nothing ("Yes.", "The steps are:")
    is not looked at.
    """
    found = []
    for start, end, whole in _claims(text, citations):
        said = text[start:end].strip()
        reason = supported(said, hits, doubt)
        if reason is not None and (whole == said or supported(whole, hits, doubt) is not None):
            found.append(Unsupported(start, end, text[start:end], reason))
    return found


def cited_where_said(
    text: str, citations: Sequence[Citation], hits: Sequence[Hit], doubt: Doubt = no_doubt
) -> tuple[str, list[Citation]]:
    """Return the text with a marker behind each sentence that had none and that a passage says, and all citations."""
    places = [(start, citation) for (start, _), citation in zip(_kept(text, citations), citations, strict=True)]
    added = []
    for start, end, _ in _claims(text, citations):
        citation = supporting(text[start:end].strip(), hits, doubt)
        if citation is not None:
            place = start + len(text[start:end].rstrip().rstrip(_STOPS))
            added.append((place, citation))
    for place, citation in sorted(added, key=lambda each: -each[0]):
        text = f"{text[:place]}{'' if is_cjk(text[place - 1]) else ' '}{citation.marker}{text[place:]}"
    return text, [citation for _, citation in sorted([*places, *added], key=lambda each: each[0])]


def without(text: str, sentences: Sequence[Unsupported]) -> str:
    """Return the text without some of its sentences."""
    for each in sorted(sentences, key=lambda each: -each.start):
        before, after = text[: each.start].rstrip(" \t"), text[each.end :].lstrip(" \t")
        joined = not before or not after or before.endswith("\n") or _NO_BLANK.match(after)
        text = f"{before}{'' if joined else ' '}{after}"
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _claims(text: str, citations: Sequence[Citation]) -> Iterator[tuple[int, int, str]]:
    """Yield what of `_uncited` claims something."""
    for start, end, whole in _uncited(text, citations):
        said = text[start:end].strip()
        if len(set(content_stems(said))) >= _LEAST and not said.endswith(_OPEN):
            yield start, end, whole


def _uncited(text: str, citations: Sequence[Citation]) -> Iterator[tuple[int, int, str]]:
    """Yield what has no citation behind it, as (start, end, the whole sentence without its markers)."""
    markers = list(_kept(text, citations))
    bare = text
    for start, end in markers:
        bare = f"{bare[:start]}{' ' * (end - start)}{bare[end:]}"
    sentences = split_sentences(bare, lines=True)
    for place, sentence in enumerate(sentences):
        following = sentences[place + 1].start if place + 1 < len(sentences) else len(text)
        own = [end for start, end in markers if sentence.start <= start < following]
        begin = min(max(own, default=sentence.start), sentence.end)
        while begin < sentence.end and bare[begin].isspace():
            begin += 1
        if begin < sentence.end:
            yield begin, sentence.end, " ".join(sentence.text.split())


def _kept(text: str, citations: Sequence[Citation]) -> Iterator[tuple[int, int]]:
    """Yield where the markers of the citations stand, with the blanks before them; other brackets are text."""
    left = [citation.marker for citation in citations]
    for match in MARKER.finditer(text):
        if left and match[0].strip() == left[0]:
            del left[0]
            yield match.start(), match.end()
