"""Answers without a language model: what the retrieved passages say, quoted and cited.

The window that was chosen (see `generator.choosing`) is the answer: a sentence with those around it, a list item with
its lead-in, the cell of a table with the names of its row and column. Of a cell that is empty the sentence that says
what that means is quoted, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator.answer import Ending, Piece, Task
from generator.choosing.emptiness import legend, meaning_of_empty
from generator.choosing.wording import Said, word
from generator.choosing.words import Words
from retriever.text.analysis import is_cjk
from store.errors import ConflictError


class ExtractiveGenerator:
    """Quotes. It has no knowledge of its own, so it cannot answer without passages."""

    name = "extractive"

    def write(self, task: Task) -> Iterator[Piece]:
        """Yield the chosen window with its marker, or the abstention if there is none."""
        if task.hits is None:
            raise ConflictError(
                "The extractive generator answers from passages only.", code="arm_unavailable", param="arm"
            )
        best = task.choice.best
        if best is None:
            yield Piece(task.prompt.abstention(task.question, with_passages=True), Ending())
            return
        words, question = Words(task.term_weights), task.searched_for or task.question
        said = [word(best, task.hits, question, words)]
        if known := legend(best, task.hits, question, words):
            said[0] = replace(said[0], text=f"{said[0].text}{'。' if is_cjk(known[0]) else '. '}{known}")
        elif meaning := meaning_of_empty(best, task.hits, question, words):
            said.append(meaning)
        for number, each in enumerate(said):
            yield Piece(f"{' ' if number else ''}{_marked(each)}")
        content = task.hits[best.window.hit].passage.content
        span = " ".join(content[best.span.start : best.span.end].split())
        yield Piece("", Ending(span=span, quotes=[each.quote for each in said]))


def _marked(said: Said) -> str:
    return f"{said.text} [{said.quote.hit + 1}]"
