"""Keeping: what of a draft is served, as the release says: marked, dropped, abstained from, or quoted instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.abstaining import abstaining
from generator.answer import Task
from generator.citing.checking import UNCITED, Basis, Checked, check_draft
from generator.citing.citations import no_doubt
from generator.citing.doubting import Doubts
from generator.manifest import Manifest
from generator.writing import Written, quoted
from retriever.models.span_reader import Reading
from retriever.search.search import Result


def kept(result: Written, task: Task, basis: Basis, manifest: Manifest) -> tuple[Written, Checked]:
    """Return what is served of what was written, or of what is quoted in its place if the release says so."""
    checked = check_draft(result.draft, basis)
    if checked.abstained_for == UNCITED and manifest.support.uncited == "quote":
        result = quoted(result, task, UNCITED)
        checked = replace(check_draft(result.draft, basis), dropped=checked.dropped)
    if checked.abstained_for is not None:
        checked = replace(checked, text=abstaining(checked.text, task.question, task.choice.unknown))
    return result, checked


def basis_of(task: Task, found: Result | None, readings: Sequence[Reading], manifest: Manifest) -> Basis:
    """Return what the draft of a task will be checked against."""
    least = manifest.support.reader
    doubt = no_doubt if found is None or least is None else Doubts(task.searched_for, found.hits, readings, least)
    drop = manifest.support.unsupported == "drop"
    return Basis(task.question, found, task.prompt, manifest.support.cite, drop, doubt)
