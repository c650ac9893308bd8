"""Measure the cases that weights are fitted to: `python -m tools.choice.collect --data DIR --out FILE [SET...]`.

A set is `handbook` (documents and questions.jsonl), or a folder with `corpus.jsonl` {_id, title, text} and
`qa/dev.jsonl` {question, answers, doc_ids}, of which each question is put once more without its documents.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from generator.engine import Engine
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from tools.choice.cases import Asking, cases, write_cases
from tools.training_texts import QA_SETS, read_lines


def main() -> None:
    """Append the cases of each set to the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--reader", type=Path, help="a folder of another reader than the one that ships")
    parser.add_argument(
        "--documents", type=int, default=300, help="of a public set: those of the questions, and others"
    )
    parser.add_argument("--questions", type=int, default=100, help="of a public set")
    parser.add_argument("sets", nargs="*", default=["handbook", *QA_SETS])
    options = parser.parse_args()
    settings = RetrieverSettings(cache=options.cache)
    for name in options.sets:
        folder = options.data / name
        with tempfile.TemporaryDirectory() as home, Engine.open(Path(home), settings) as engine:
            if options.reader:
                engine.reader = OpenVinoReader(settings, options.reader)
            engine.create_domain("fit")
            own = (folder / "questions.jsonl").is_file()
            askings = (
                _handbook(engine, folder) if own else _public(engine, folder, options.documents, options.questions)
            )
            count = write_cases(options.out, cases(engine, engine.pin("fit"), name, askings, emptied=not own))
            print(f"{name}: {count} cases", flush=True)


def _handbook(engine: Engine, folder: Path) -> list[Asking]:
    for path in sorted((folder / "documents").iterdir()):
        engine.add("fit", path.name, path.read_bytes())
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Asking(
            row["question"],
            tuple(row["answers"]),
            tuple(row["must_not"]),
            tuple(row["history"]),
            row["documents"][0] if row["documents"] else row["id"],
            tuple(row["documents"]),
        )
        for row in rows
    ]


def _public(engine: Engine, folder: Path, documents: int, questions: int) -> list[Asking]:
    rows = list(read_lines(folder / "qa" / "dev.jsonl"))[:questions]
    gold = {document for row in rows for document in row["doc_ids"]}
    corpus = sorted(read_lines(folder / "corpus.jsonl"), key=lambda document: document["_id"] not in gold)
    for document in corpus[:documents]:
        engine.add("fit", f"{document['_id']}.txt", document["text"], document["title"])
    return [
        Asking(
            row["question"],
            tuple(answer for answer in row["answers"] if answer.strip()),
            cluster=row["doc_ids"][0],
            documents=tuple(f"{document}.txt" for document in row["doc_ids"]),
        )
        for row in rows
    ]


if __name__ == "__main__":
    main()
