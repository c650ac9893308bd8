"""How the answer to one question came about, as text."""

from __future__ import annotations

import json
from dataclasses import replace

from benchmarks.handbook_data import Case
from benchmarks.handbook_run import hits_of, unbarred
from generator.answering import Question
from generator.engine import Engine
from retriever.search.search import Hit
from store.json_values import Json

_LEFT_OUT = ("retrieval",)  # what the hits show already


def trace(engine: Engine, domain: str, case: Case) -> str:
    """Return the hits with their ranks and scores, all that the answer explains, and both replies."""
    pinned = engine.pin(domain)
    question = Question(case.question, history=case.history, explain=True)
    answer = engine.answerer.answer(pinned, question)
    eager = engine.answerer.answer(unbarred(pinned), replace(question, explain=False))
    lines = [f"{case.id} ({case.category}): {case.question}"]
    lines += [f"  {turn['role']}: {turn['content']}" for turn in case.history]
    lines += [f"gold: {' / '.join(case.answers) or 'no answer'}  in {', '.join(case.documents) or 'no document'}", ""]
    for place, hit in enumerate(hits_of(engine, domain, pinned, answer), start=1):
        lines.append(_hit(place, hit, case))
    lines += ["", *(f"{key}: {_shown(value)}" for key, value in answer.explain.items() if key not in _LEFT_OUT)]
    verdict = case.verdict(answer.answer, answer.abstained)
    lines += ["", f"evidence {answer.evidence}; {verdict}: {answer.answer}"]
    lines += [f"  cites {each.external_id}: {each.quote}" for each in answer.citations]
    if answer.abstained:
        lines.append(f"without a threshold: {case.verdict(eager.answer, eager.abstained)}: {eager.answer}")
    return "\n".join(lines)


def _hit(place: int, hit: Hit, case: Case) -> str:
    passage = hit.passage
    shown = passage.content
    gold = "GOLD " if passage.external_id in case.documents and case.holds_answer(f"{shown}\n{passage.text}") else ""
    cosine = "none" if hit.cosine is None else f"{hit.cosine:.3f}"
    ranks = ", ".join(f"{name} {rank}" for name, rank in hit.ranks.items())
    head = f"{place:2} {gold}{passage.external_id} [{passage.start}:{passage.end}] score {hit.score:.3f}"
    return f"{head} cosine {cosine} ({ranks})\n     {' / '.join(shown.splitlines())[:400]}"


def _shown(value: Json) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "".join(f"\n  {json.dumps(each, ensure_ascii=False)}" for each in value)
    return json.dumps(value, ensure_ascii=False)
