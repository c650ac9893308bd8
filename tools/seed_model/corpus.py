"""Collect the texts: `python -m tools.seed_model.corpus --data DIR --out FOLDER`.

Writes FOLDER/texts.jsonl.gz {source, lang, title, text} and FOLDER/questions.jsonl {source, lang, question, answers,
documents}: train parts alone, free of every document that carries a dev or test question. All later steps read these
two files and nothing else, so that they can be carried to another machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tools.training_texts import Item, Text, load_texts, questions, read_lines, train_texts


def main() -> None:
    """Write both files and print what they hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    texts = train_texts(options.data) + load_texts(options.data, "en") + load_texts(options.data, "zh")
    items = questions(options.data, "train")
    with gzip.open(options.out / "texts.jsonl.gz", "wt", encoding="utf-8") as target:
        target.writelines(json.dumps(asdict(text), ensure_ascii=False) + "\n" for text in texts)
    with (options.out / "questions.jsonl").open("w", encoding="utf-8") as target:
        target.writelines(json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in items)
    for name, count in Counter(text.source for text in texts).items():
        size = sum(len(text.text) for text in texts if text.source == name)
        print(f"{name:12} {count:7,} documents {size:12,} characters")
    print(f"{len(items):,} questions")


def read_corpus(folder: Path) -> tuple[list[Text], list[Item]]:
    """Return the texts and questions that `main` wrote."""
    texts = [Text(**line) for line in read_lines(folder / "texts.jsonl.gz")]
    return texts, [read_item(line) for line in read_lines(folder / "questions.jsonl")]


def read_item(line: dict[str, Sequence[str]]) -> Item:
    """Return a question as it was before it was written as JSON."""
    return Item(**{**line, "answers": tuple(line["answers"]), "documents": tuple(line["documents"])})  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
