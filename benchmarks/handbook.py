"""Questions over documents as teams write them: `python -m benchmarks.handbook --data DIR`.

DIR holds `handbook/` (or `--set` another folder of its form); default: TANDEM_DATA. Uploads the documents into a fresh
data folder, asks every question with its history under the default settings, and judges: a reply is right if it holds
one of the answers and none of the strings that must not be there, case and white space folded; where no document
answers, if it abstains. Prints shares by category and language with intervals by document, what the evidence is worth,
and whether a passage that holds the answer was among the first 4 and 10. With `--field DIR` the field inputs are asked
instead, each group of files in a domain of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.handbook_data import Case, Collection, read_field, read_handbook
from benchmarks.handbook_report import answer_page, beside, evidence, failures, summary, tables
from benchmarks.handbook_run import Outcome, asked, outcomes_of
from benchmarks.handbook_trace import trace
from benchmarks.sets import data_folder, read_lines
from retriever.settings import RetrieverSettings


def main() -> None:
    """Ask, judge and print."""
    options = _options()
    settings = RetrieverSettings.model_validate(
        {name: value for name in ("cache", "encoder") if (value := getattr(options, name)) is not None}
    )
    collections = _collections(options)
    if options.trace:
        for collection in collections:
            if collection.cases:
                with asked(collection, settings) as engine:
                    print(*(trace(engine, collection.name, case) for case in collection.cases), sep="\n\n")
        return
    outcomes = [each for found in collections if found.cases for each in outcomes_of(found, settings, _progress)]
    sys.stderr.write("\n")
    if options.json:
        lines = (json.dumps(asdict(each), ensure_ascii=False) for each in outcomes)
        options.json.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _show(outcomes, options)


def _show(outcomes: Sequence[Outcome], options: argparse.Namespace) -> None:
    if options.answers:
        print(answer_page(outcomes, options.answers))
        return
    if options.field:
        print(failures(outcomes, len(outcomes)), summary(outcomes), sep="\n\n")
    else:
        print(tables(outcomes), evidence(outcomes), sep="\n\n")
    if options.before:
        before = {row["id"]: Outcome(**row) for row in read_lines(options.before)}
        print(f"\nBefore ({options.before}) and now:\n\n{beside(outcomes, before)}")
    if options.show:
        print(f"\n{failures(outcomes, options.show)}")


def _collections(options: argparse.Namespace) -> list[Collection]:
    if options.field:
        found = read_field(options.field)
    else:
        found = read_handbook(options.set or data_folder(options.data) / "handbook")
    kept = [Collection(each.name, each.documents, [case for case in each.cases if _wanted(case, options)])
            for each in found]  # fmt: skip
    if not any(each.cases for each in kept):
        sys.stderr.write("No question is of that category or id.\n")
        raise SystemExit(2)
    return kept


def _wanted(case: Case, options: argparse.Namespace) -> bool:
    named = options.limit_category is None or case.category in options.limit_category.split(",")
    return named and (options.trace is None or case.id == options.trace)


def _progress(found: Outcome) -> None:
    sys.stderr.write({"right": ".", "withheld": "-", "wrong": "x"}[found.verdict])
    sys.stderr.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets; default: TANDEM_DATA")
    parser.add_argument("--set", type=Path, help="folder of another set in the form of `handbook`")
    parser.add_argument("--field", type=Path, help="folder of the field inputs: ask these instead")
    parser.add_argument("--limit-category", help="only questions of these categories, with commas between")
    parser.add_argument("--cache", type=Path, help="folder for converted encoders; default: the user's")
    parser.add_argument("--encoder", help="the setting retriever.encoder; default: its default")
    parser.add_argument("--json", type=Path, help="file to write the outcomes to, one a line")
    parser.add_argument("--before", type=Path, help="such a file of an earlier run, to compare with")
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="print N questions that were not answered right"
    )
    parser.add_argument("--answers", type=int, default=0, metavar="N", help="print a page of N answers, and no tables")
    parser.add_argument("--trace", metavar="ID", help="print how the answer to one question came about")
    return parser.parse_args()


if __name__ == "__main__":
    main()
