"""Follow-up questions by the rule and written out by a language model: `python -m benchmarks.rewriting --data DIR`.

DIR holds `handbook/` (or `--set` another folder of its form); default: TANDEM_DATA. Its questions with a history are
asked twice, and answered by quoting both times: once as the rule understands them, once as --model writes them out,
with --seconds for each. Prints whether the reply was right, whether a passage with the answer was among the first four,
and what became of the model's questions; with --show both questions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.handbook_data import Case, read_handbook
from benchmarks.handbook_run import FIRST, Outcome, asked, outcome
from benchmarks.sets import data_folder
from eval.significance import bootstrap_mean
from generator.answer import Generator, Piece, Task
from generator.answering import Answerer
from generator.backends.extractive import ExtractiveGenerator
from generator.backends.transformers import CausalGenerator
from generator.engine import Engine
from generator.followups.rewriting import Understanding
from generator.prompt import Message
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.models import get_model

_RESAMPLES = 2000


class _Quoting:
    """Quotes passages, and lets a model write questions out."""

    name = "extractive"

    def __init__(self, model: CausalGenerator) -> None:
        self._model, self._quoting = model, ExtractiveGenerator()

    def write(self, task: Task) -> Iterator[Piece]:
        """Quote."""
        return self._quoting.write(task)

    def rewrite(self, messages: list[Message], longest: int, cancelled: Callable[[], bool]) -> str | None:
        """Return what the model makes of a question."""
        return self._model.rewrite(messages, longest, cancelled)


@dataclass(frozen=True)
class Pair:
    """A question with what became of it by the rule, and by the model; `note` says why a model's was refused."""

    case: Case
    rule: Outcome
    model: Outcome
    note: str | None


def main() -> None:
    """Ask twice and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="default: TANDEM_DATA")
    parser.add_argument("--set", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of a causal model")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    model = CausalGenerator(options.model, GeneratorSettings(answer_s=600), Path)
    pairs: list[Pair] = []
    for collection in read_handbook(options.set or data_folder(options.data) / "handbook"):
        cases = [case for case in collection.cases if case.history]
        if not cases:
            continue
        with asked(collection, RetrieverSettings(cache=options.cache)) as engine:
            for case in cases:
                pairs.append(_pair(engine, collection.name, case, _Quoting(model), options.seconds))
                if options.show:
                    found = pairs[-1]
                    print(f"{case.question}\n  rule {found.rule.verdict}, model {found.model.verdict}: {found.note}")
    print(table(pairs))


def _pair(engine: Engine, domain: str, case: Case, quoting: Generator, seconds: float) -> Pair:
    rule = outcome(engine, domain, case, findable=True)
    understanding = Understanding(seconds)
    by_rule = engine.answerer
    engine.answerer = Answerer(
        engine.retriever, engine.reader, lambda *_: quoting, lambda key: get_model(engine.store, key), understanding
    )
    try:
        model = outcome(engine, domain, case, findable=True)
        note = understanding.of(case.question, case.history, quoting, lambda: False)
    finally:
        engine.answerer = by_rule
    return Pair(case, rule, model, note.note or f"{note.by}: {note.reading_text}")


def table(pairs: list[Pair]) -> str:
    """Return shares with intervals by document, and the paired differences, as Markdown."""
    lines = ["| | n | rule | model | model less rule |", "|---" * 5 + "|"]
    clusters = [pair.case.cluster for pair in pairs]
    for name, score in (("right", _right), ("found in the first four", _found)):
        one, other = [score(pair.rule) for pair in pairs], [score(pair.model) for pair in pairs]
        apart = [b - a for a, b in zip(one, other, strict=True)]
        cells = [_interval(one, clusters), _interval(other, clusters), _interval(apart, clusters, (-1.0, 1.0))]
        lines.append(f"| {name} | {len(pairs)} | {' | '.join(cells)} |")
    refused = sum("refused" in (pair.note or "") for pair in pairs)
    late = sum("wrote nothing" in (pair.note or "") for pair in pairs)
    return "\n".join(
        [*lines, "", f"Of the model's {len(pairs)} questions {refused} were refused, {late} came too late."]
    )


def _right(found: Outcome) -> float:
    return float(found.verdict == "right")


def _found(found: Outcome) -> float:
    return float(found.rank is not None and found.rank <= FIRST)


def _interval(values: list[float], clusters: list[str], bounds: tuple[float, float] = (0.0, 1.0)) -> str:
    found = bootstrap_mean(values, clusters, _RESAMPLES, 1, bounds)
    return f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]"


if __name__ == "__main__":
    main()
