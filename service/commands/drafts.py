"""Commands of drafted questions: making them, and reviewing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.console import AsJson, Domain, Home, at, client, read_file, show
from service.commands.progress import run_job
from service.commands.terminal import complain, say

if TYPE_CHECKING:
    from service.client import Client
    from service.replies import DraftedExample

_ASKED = "[k]eep, [e]dit, [d]rop, [s]kip, [q]uit"


def draft(
    name: Annotated[str, typer.Option("--name", help="What the data set is to be called.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="So many questions, at most.")] = 100,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Draft questions with answers from the documents of a domain, by rule, for people to review.

    Of tables, lists, definitions, headings, numbers and the questions that documents ask themselves, those stay whose
    answer a search and the domain's own reading find again. Review them with: tandem eval review.
    """
    from service.replies import Job

    with client(home) as server:
        asked = {"kind": "draft", "domain": domain, "params": {"name": name, "count": count}}
        done = run_job(server, server.read(Job, "POST", "/v1/jobs", json=asked).id)
        show(server.call("GET", at("domains", domain, "datasets", str((done.result or {})["dataset"]))), as_json)


def review(
    dataset: Annotated[str, typer.Option("--dataset", help="Name or id of the data set.")],
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            help='JSON Lines: {"key": "…", "verdict": "keep|edit|drop", "question": "…", "answers": ["…"]}.',
        ),
    ] = None,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Review drafted questions: keep, edit or drop each, here or by a file of decisions."""
    path = at("domains", domain, "datasets", dataset)
    with client(home) as server:
        if decisions is not None:
            show(_sent(server, path, _read(decisions)), as_json)
            return
        made = 0
        for decision in _decided(server, path):
            _sent(server, path, [decision])  # each at once, so that nothing is lost when somebody stops
            made += 1
        complain(f"{made} decided.")
        show(server.call("GET", path), as_json)


def _sent(server: Client, path: str, decisions: Sequence[object]) -> object:
    return server.call("POST", f"{path}/review", json={"decisions": decisions})


def _read(file: Path) -> list[object]:
    """Return the decisions of a file; what is wrong with them the server says."""
    import json

    from store.errors import InvalidInputError

    found: list[object] = []
    for line, text in enumerate(read_file(file).decode("utf-8-sig", errors="replace").split("\n"), start=1):
        if text.strip():
            try:
                found.append(json.loads(text))
            except ValueError as error:
                raise InvalidInputError(f"Line {line} of the decisions is no JSON: {error}.") from error
    return found


def _decided(server: Client, path: str) -> Iterator[dict[str, object]]:
    """Yield the decisions that somebody makes at the terminal, draft by draft."""
    from service.replies import DraftedExample

    waiting = [each for each in server.pages(DraftedExample, f"{path}/examples") if each.review == "draft"]
    for number, each in enumerate(waiting, start=1):
        answers = each.content.get("answers")
        listed = [str(one) for one in answers] if isinstance(answers, list) else []
        say(f"\n{number} of {len(waiting)}  {each.key}\n  Q: {each.content.get('question')}\n  A: {' | '.join(listed)}")
        choice = _choice()
        if choice == "q":
            return
        if choice == "e":
            yield _edited(each, listed)
        elif choice != "s":
            yield {"key": each.key, "verdict": "keep" if choice == "k" else "drop"}


def _choice() -> str:
    while True:
        found: str = typer.prompt(_ASKED, default="k").strip().casefold()[:1]
        if found in "kedsq":
            return found


def _edited(each: DraftedExample, answers: Sequence[str]) -> dict[str, object]:
    question = typer.prompt("Question", default=str(each.content.get("question")))
    answer = typer.prompt("Answer", default=answers[0] if answers else "")
    return {"key": each.key, "verdict": "edit", "question": question, "answers": [answer]}
