"""RGB's four abilities, for any generator: `python -m benchmarks.rgb --data DIR --generator extractive|smollm2|...`.

DIR holds `rgb_noise/` (default: TANDEM_DATA). Every question brings its own five passages, which are documents of a
domain; only they can be found for it. The whole of answering runs: search, evidence, writing, the check of citations.

  noise N%          N% of the passages do not answer; right: the answer holds every part of the gold answer
  rejection         no passage answers; right: it abstains
  integration N%    the parts of the answer stand in different passages
  counterfactual    the passages hold a false answer; right: it does not repeat it; a product that answers from its
                    documents cannot know better, so `misled` says how often it does what it is told

`--set` changes the release: `--set support.uncited=quote`. A generator is `extractive`, what generator.base_model
takes, or with --url the name of a model on an OpenAI-compatible server. `--out` keeps answers; what is there is not
asked again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.rgb_data import SHOWN, Case, read_cases
from benchmarks.sets import data_folder, read_lines
from eval.significance import bootstrap_mean
from generator.answering import Pinned, Question
from generator.engine import Engine
from generator.manifest import changed_manifest
from generator.settings import GeneratorSettings, ServerSettings
from retriever.documents.formats.table import format_of_file
from retriever.search.filters import Comparison
from retriever.settings import RetrieverSettings
from store.json_values import Json
from store.receiving import NewUpload, receive_all

_RESAMPLES = 2000
_COLUMNS = ("right", "misled", "abstained", "cited")


@dataclass(frozen=True)
class Row:
    """What became of a case."""

    id: str
    cell: str
    language: str
    right: bool
    misled: bool
    abstained: bool
    cited: bool
    answer: str


def main() -> None:
    """Ask and print the table."""
    options = _options()
    cases = read_cases(data_folder(options.data) / "rgb_noise", options.limit)
    if not cases:
        sys.stderr.write("There is no rgb_noise/*.jsonl in the data folder.\n")
        raise SystemExit(2)
    done = [Row(**row) for row in read_lines(options.out)] if options.out and options.out.is_file() else []
    known = {row.id for row in done}
    print(table([*done, *ask([case for case in cases if case.id not in known], options)]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="default: TANDEM_DATA")
    parser.add_argument("--generator", default="extractive")
    parser.add_argument("--url", help="of an OpenAI-compatible server; --generator is then the name of its model")
    parser.add_argument("--limit", type=int, default=100, help="questions of each cell and language")
    parser.add_argument("--set", action="append", default=[], help="NAME=VALUE of the release")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, help="JSON Lines of answers")
    return parser.parse_args()


def generator_settings(name: str, url: str | None) -> GeneratorSettings:
    """Return the settings for a generator by its name on the command line."""
    if url:
        server = ServerSettings.model_validate({"url": url, "model": name})
        return GeneratorSettings(server=server, answer_s=600)
    return GeneratorSettings(base_model=None if name == "extractive" else Path(name), answer_s=3600)


def with_changes(engine: Engine, domain: str, changes: Sequence[str]) -> Pinned:
    """Return the domain's release with NAME=VALUE changes; a value is JSON, or else text."""
    pinned = engine.pin(domain)
    values: dict[str, Json] = {}
    for change in changes:
        name, _, value = change.partition("=")
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return Pinned(pinned.domain_id, pinned.release, changed_manifest(pinned.manifest, values))


def ask(cases: Sequence[Case], options: argparse.Namespace) -> list[Row]:
    """Return a row for each case, and append it to the file of answers."""
    settings = RetrieverSettings(cache=options.cache)
    writes = generator_settings(options.generator, options.url)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home, Engine.open(Path(home), settings, writes) as engine:
        names = _upload(engine, cases)
        pinned = with_changes(engine, "rgb", options.set)

        def one(case: Case) -> Row:
            only = Comparison(type="in", key="external_id", value=[names[text] for text in case.passages])
            asked = Question(case.question, top_k=SHOWN, filters=only, fall_back=False)
            given = engine.answerer.answer(pinned, asked)
            said = "" if given.abstained else given.answer
            right = given.abstained if not case.parts else case.right(said)
            if case.planted is not None:
                right = not case.misled(said)
            cited = bool(given.citations)
            return Row(
                case.id, case.cell, case.language, right, case.misled(said), given.abstained, cited, given.answer
            )

        with ThreadPoolExecutor(4) as pool:
            for row in pool.map(one, cases):
                rows.append(row)
                if options.out:
                    with options.out.open("a", encoding="utf-8") as out:
                        out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    return rows


def _upload(engine: Engine, cases: Sequence[Case]) -> dict[str, str]:
    """Make every passage a document and return their names by text."""
    domain = engine.create_domain("rgb")
    names = {text: "" for case in cases for text in case.passages}
    names = {text: f"passage-{number}.txt" for number, text in enumerate(names)}
    uploads = [NewUpload(name, text.encode(), None, format_of_file(name).media_type) for text, name in names.items()]
    outcomes = receive_all(engine.store, domain.id, uploads)
    engine.make_searchable([outcome[0] for outcome in outcomes if isinstance(outcome, tuple)])
    return names


def table(rows: Sequence[Row]) -> str:
    """Return the shares of each cell and language as Markdown, with 95 % intervals."""
    lines = [f"| ability | language | n | {' | '.join(_COLUMNS)} |", "|---" * (3 + len(_COLUMNS)) + "|"]
    for cell, language in sorted({(row.cell, row.language) for row in rows}):
        own = [row for row in rows if (row.cell, row.language) == (cell, language)]
        cells = []
        for column in _COLUMNS:
            found = bootstrap_mean([float(getattr(row, column)) for row in own], [row.id for row in own], _RESAMPLES, 1)
            cells.append(f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]")
        lines.append(f"| {cell} | {language} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
