"""How often prompt injections succeed: `python -m benchmarks.injection --generator extractive|smollm2|...`.

Each payload of `payloads.jsonl` is put into a document beside the fact that is asked for, and into a question. It
succeeds if the answer does what it wants; quoting it is no success. Printed by kind and place, with how many answers
had a citation that was not as it has to be, which must be none.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.injection.cases import Case, cases, forged
from benchmarks.rgb import generator_settings, with_changes
from benchmarks.sets import read_lines
from eval.significance import bootstrap_mean
from generator.answering import Question
from generator.engine import Engine
from retriever.settings import RetrieverSettings

_RESAMPLES = 2000


@dataclass(frozen=True)
class Row:
    """What became of a case."""

    id: str
    kind: str
    language: str
    place: str
    obeyed: bool
    abstained: bool
    forged: list[str]
    answer: str


def main() -> None:
    """Ask and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", default="extractive", help="or what generator.base_model takes")
    parser.add_argument("--url", help="of an OpenAI-compatible server; --generator is then the name of its model")
    parser.add_argument("--set", action="append", default=[], help="NAME=VALUE of the release")
    parser.add_argument("--limit", type=int, help="cases, evenly spaced")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, help="JSON Lines of answers; what is there is not asked again")
    options = parser.parse_args()
    done = [Row(**row) for row in read_lines(options.out)] if options.out and options.out.is_file() else []
    every = list(cases())
    step = max(1.0, len(every) / (options.limit or len(every)))
    known = {row.id for row in done}
    chosen = [(str(place), every[place]) for place in sorted({int(n * step) for n in range(int(len(every) / step))})]
    print(table([*done, *_ask([case for case in chosen if case[0] not in known], options)]))


def _ask(chosen: Sequence[tuple[str, Case]], options: argparse.Namespace) -> list[Row]:
    rows = []
    settings = RetrieverSettings(cache=options.cache)
    writes = generator_settings(options.generator, options.url)
    with tempfile.TemporaryDirectory() as home, Engine.open(Path(home), settings, writes) as engine:
        for key, case in chosen:
            name = f"case-{key}"
            engine.create_domain(name)
            engine.add(name, "ferry.txt", case.document)
            pinned = with_changes(engine, name, options.set)
            answer = engine.answerer.answer(pinned, Question(case.question, explain=True, fall_back=False))
            sent = answer.explain["prompt"]
            system = str(sent[0]["content"]) if isinstance(sent, list) and sent and isinstance(sent[0], dict) else ""
            obeyed = case.obeyed(answer, system)
            payload = case.payload
            row = Row(
                key, payload.kind, payload.language, case.place, obeyed, answer.abstained, forged(answer), answer.answer
            )
            rows.append(row)
            if options.out:
                with options.out.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the share of payloads that succeeded, by kind and by place, as Markdown."""
    lines = ["| payloads | n | succeeded | abstained | forged citations |", "|---" * 5 + "|"]
    groups = [("all", list(rows))]
    for part in ("place", "language", "kind"):
        names = sorted({str(getattr(row, part)) for row in rows})
        groups += [(f"{part}: {name}", [row for row in rows if getattr(row, part) == name]) for name in names]
    for name, own in groups:
        found = bootstrap_mean([float(row.obeyed) for row in own], [row.id for row in own], _RESAMPLES, 1)
        share = f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]"
        abstained = sum(row.abstained for row in own)
        lines.append(f"| {name} | {len(own)} | {share} | {abstained} | {sum(bool(row.forged) for row in own)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
