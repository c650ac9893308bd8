"""Compare prompts, numbers of shots and orders of passages on dev: `python -m tools.prompts.choose --data DIR`.

DIR holds sets with `corpus.jsonl` and `qa/{train,dev}.jsonl`. Every variant gets the same retrieved passages of the
same dev questions, and for every fourth question once more without the documents that answer. Shots come from the train
part. Answers are appended to --out as they are written; what is there is not asked again. Prints shares and means with
intervals by document, and the paired differences from the first variant. `release` is the newest prompt that ships.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

from benchmarks.answers_data import Asked, read_answers
from benchmarks.retrieval import spread
from benchmarks.sets import data_folder, read_lines
from eval.metrics.f1 import answer_f1
from eval.significance import bootstrap_mean
from generator.answer import Task, draft_of
from generator.answering import Pinned
from generator.citing.checking import Basis, check_draft
from generator.engine import Engine
from generator.manifest import Manifest, ShotsPart
from generator.prompt import Prompt, Shot, Template, load_prompt
from generator.settings import GeneratorSettings
from generator.shots import ShotBank
from retriever.search.search import Request, Result
from retriever.settings import RetrieverSettings
from retriever.text.language import language_of
from store.ids import sha256
from tuner.data.importing import import_examples

_TRAIN, _FILLING = 200, 200  # examples to take shots from, and documents beside those that they need
_WIDE = 40  # hits, of which those of gold documents are taken away
_RESAMPLES = 2000


@dataclass(frozen=True)
class Variant:
    """A way to ask: the prompt by name, how many shots, and whether the best passage stands last."""

    prompt: str
    shots: int = 0
    best_last: bool = False

    @property
    def name(self) -> str:
        """How the variant is listed: `release+3`, `release+0/last`."""
        return f"{self.prompt}+{self.shots}{'/last' if self.best_last else ''}"


@dataclass(frozen=True)
class Row:
    """What a variant made of a question: scores from 0 to 1. `answerable`: the passages' documents answer it.

    `draft_f1` is of what the model wrote, `f1` of what is served of it, `served` whether it was not an abstention.
    """

    variant: str
    set: str
    question: str
    cluster: str
    answerable: bool
    served: bool
    draft_f1: float
    f1: float
    seconds: float
    draft: str


_COLUMNS = ("served", "draft_f1", "f1")


def main() -> None:
    """Ask what is not yet in the file and print the table."""
    options = _options()
    variants = [_variant(each) for each in options.variants]
    done = [Row(**row) for row in read_lines(options.out)] if options.out.is_file() else []
    for name in options.sets:
        if not options.report:
            done += _ask(data_folder(options.data) / name, variants, done, options)
    print(report([row for row in done if row.variant in {each.name for each in variants}]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="default: TANDEM_DATA")
    parser.add_argument("--model", type=Path, default=Path("smollm2"), help="as in generator.base_model")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="JSON Lines of answers")
    parser.add_argument("--sets", nargs="+", default=["xquad_en", "nq_oracle"])
    parser.add_argument("--limit", type=int, default=20, help="questions of a set")
    parser.add_argument("--passages", type=int, default=3)
    parser.add_argument("--report", action="store_true", help="only print what is there")
    parser.add_argument("--tokens", type=int, default=48, help="of an answer")
    parser.add_argument(
        "--variants", nargs="+", help="PROMPT+SHOTS or PROMPT+SHOTS/last",
        default=["release+0", "release+1", "release+3", "after+0", "after+1", "copy+1"],
    )  # fmt: skip
    return parser.parse_args()


def _variant(text: str) -> Variant:
    prompt, _, rest = text.partition("+")
    shots, _, order = rest.partition("/")
    return Variant(prompt, int(shots or 0), order == "last")


def prompt_of(name: str) -> Prompt:
    """Return a candidate by name, or with `release` the newest prompt that ships."""
    if name == "release":
        return load_prompt()
    content = (files("tools.prompts") / "candidates.json").read_text(encoding="utf-8")
    candidates = json.loads(content)
    if name not in candidates:
        raise SystemExit(f"There is no prompt {name!r}; there is release, {', '.join(candidates)}.")
    return Prompt(name, sha256(content.encode()), {way: Template(**texts) for way, texts in candidates[name].items()})


def _ask(folder: Path, variants: Sequence[Variant], done: Sequence[Row], options: argparse.Namespace) -> list[Row]:
    found = read_answers(folder, "dev", options.limit)
    settings = RetrieverSettings(cache=options.cache)
    writes = GeneratorSettings(base_model=options.model, answer_s=3600)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home, Engine.open(Path(home), settings, writes) as engine:
        dataset = _fill(engine, folder, found.questions, found.documents)
        pinned = engine.pin("prompts")
        bank = ShotBank(engine.store, engine.retriever)
        ready = {(row.variant, row.question, row.answerable) for row in done if row.set == folder.name}
        cases = [
            (variant, asked, hits, answerable)
            for asked, hits, answerable in _cases(engine, pinned, options.passages, found.questions)
            for variant in variants
            if (variant.name, asked.question, answerable) not in ready
        ]

        def one(case: tuple[Variant, Asked, Result, bool]) -> Row:
            variant, asked, result, answerable = case
            manifest = pinned.manifest.model_copy(update={"shots": ShotsPart(count=variant.shots, dataset=dataset)})
            shots = bank.shots(pinned.domain_id, manifest, asked.question, None)
            return _row(engine, manifest, variant, (folder.name, asked, result, answerable), shots, options.tokens)

        with ThreadPoolExecutor(4) as pool, options.out.open("a", encoding="utf-8") as out:
            for row in pool.map(one, cases):
                out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
                out.flush()
                rows.append(row)
    return rows


def _fill(engine: Engine, folder: Path, questions: Sequence[Asked], documents: Sequence[tuple[str, str, str]]) -> str:
    """Store the documents that questions and shots need, and some others; return the id of the shots' data set."""
    domain = engine.create_domain("prompts")
    train = list(read_lines(folder / "qa" / "train.jsonl"))
    train = [train[int(place)] for place in spread([str(place) for place in range(len(train))], _TRAIN)]
    needed = {key for each in questions for key in each.documents} | {key for row in train for key in row["doc_ids"]}
    others = [key for key, _, _ in documents if key not in needed][:_FILLING]
    for key, title, text in documents:
        if key in needed or key in others:
            engine.add("prompts", f"{key}.txt", text, title)
    lines = [
        json.dumps({"id": row["id"], "question": row["question"], "answers": row["answers"][:1], "split": "train",
                    "documents": [f"{key}.txt" for key in row["doc_ids"]]})
        for row in train if row["answers"] and row["answers"][0].strip()
    ]  # fmt: skip
    return import_examples(engine.store, domain.id, "shots", "\n".join(lines).encode()).id


def _cases(
    engine: Engine, pinned: Pinned, count: int, questions: Sequence[Asked]
) -> Iterator[tuple[Asked, Result, bool]]:
    """Yield each question with what is found for it, and every fourth once more without what answers it."""
    for number, asked in enumerate(questions):
        found = engine.retriever.search(pinned.domain_id, pinned.manifest.search_plan, Request(asked.question, _WIDE))
        yield asked, replace(found, hits=found.hits[:count]), True
        if number % 4 == 0:
            gold = {f"{key}.txt" for key in asked.documents}
            yield (
                asked,
                replace(found, hits=[h for h in found.hits if h.passage.external_id not in gold][:count]),
                False,
            )


def _row(
    engine: Engine,
    manifest: Manifest,
    variant: Variant,
    case: tuple[str, Asked, Result, bool],
    shots: Sequence[Shot],
    tokens: int,
) -> Row:
    name, asked, result, answerable = case
    found = replace(result, hits=result.hits[::-1]) if variant.best_last else result
    prompt = prompt_of(variant.prompt)
    task = Task(asked.question, found.hits, prompt, None, tokens, shots=shots, shot_tokens=manifest.shots.tokens)
    begun = time.monotonic()
    draft = draft_of(engine.backends.of(manifest).write(task))
    checked = check_draft(draft, Basis(asked.question, found, prompt))
    served = checked.abstained_for is None
    language = language_of(asked.question)
    return Row(
        variant.name, name, asked.question, asked.cluster, answerable, served,
        answer_f1(draft.text, asked.answers, language),
        answer_f1(checked.text, asked.answers, language) if served else 0.0,
        round(time.monotonic() - begun, 2), draft.text,
    )  # fmt: skip


def report(rows: Sequence[Row]) -> str:
    """Return the table of all variants, with the paired difference of the served F1 from the first one."""
    names = list(dict.fromkeys(row.variant for row in rows))
    lines = [
        "| variant | n | served | F1 of draft | F1 served | difference | served without an answer |",
        "|---" * 7 + "|",
    ]
    first = {(row.set, row.question): row for row in rows if row.variant == names[0] and row.answerable}
    for name in names:
        mine = [row for row in rows if row.variant == name]
        yes, no = [row for row in mine if row.answerable], [row for row in mine if not row.answerable]
        cells = [_interval([float(getattr(row, column)) for row in yes], yes) for column in _COLUMNS]
        paired = [row for row in yes if (row.set, row.question) in first]
        apart = [row.f1 - first[row.set, row.question].f1 for row in paired]
        cells.append("" if name == names[0] else _interval(apart, paired, (-1.0, 1.0)))
        cells.append(_interval([float(row.served) for row in no], no))
        lines.append(f"| {name} | {len(yes)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _interval(values: Sequence[float], rows: Sequence[Row], bounds: tuple[float, float] = (0.0, 1.0)) -> str:
    found = bootstrap_mean(values, [row.cluster for row in rows], _RESAMPLES, 1, bounds)
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]" if values else ""


if __name__ == "__main__":
    main()
