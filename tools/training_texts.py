"""Texts that shipped weights may be trained on: train parts only, free of every document of a dev or test question.

Sources and licences (all of them allow training and redistribution of the weights with attribution): nq_oracle, xquad
and cmrc2018 (Wikipedia, CC BY-SA), covidqa (Apache-2.0), tatqa (MIT), medquad (CC BY 4.0), and the load corpus (Apache,
MIT, BSD, CC BY, CC BY-SA, public domain).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QA_SETS = {"nq_oracle": "en", "covidqa": "en", "tatqa": "en", "xquad_en": "en", "xquad_zh": "zh", "cmrc2018": "zh"}
TEXT_SETS = {**QA_SETS, "medquad": "en"}


@dataclass(frozen=True)
class Text:
    """A document's text with its title, from the set named `source`."""

    source: str
    lang: str
    title: str
    text: str


@dataclass(frozen=True)
class Item:
    """A question with its answers and the texts of its documents."""

    source: str
    lang: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    titles: tuple[str, ...] = ()


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def held_out(folder: Path) -> set[str]:
    """Return the ids of all documents that carry a dev or test question of a set."""
    found: set[str] = set()
    for split in ("dev", "test"):
        for line in read_lines(folder / "qa" / f"{split}.jsonl"):
            found |= set(line["doc_ids"])
        qrels = (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        found |= {line.split("\t")[1] for line in qrels}
    return found


def train_texts(data: Path) -> list[Text]:
    """Return the texts of the QA sets' train documents."""
    texts = []
    for name, lang in TEXT_SETS.items():
        hidden = held_out(data / name)
        texts += [
            Text(name, lang, line["title"], line["text"])
            for line in read_lines(data / name / "corpus.jsonl")
            if line["_id"] not in hidden
        ]
    return texts


def load_texts(data: Path, lang: str) -> list[Text]:
    """Return the load corpus in one language, as plain text: no front matter, code, HTML or link targets."""
    texts = []
    for path in sorted((data / "load_corpus").glob(f"load-{lang}-*.jsonl.gz")):
        for line in read_lines(path):
            plain = plain_text(line["text"])
            if len(plain) > 200:
                texts.append(Text("load_corpus", lang, line["title"], plain))
    return texts


def questions(data: Path, split: str, sets: dict[str, str] = QA_SETS) -> list[Item]:
    """Return the questions of a split with their documents' texts."""
    items = []
    for name, lang in sets.items():
        documents = {line["_id"]: line for line in read_lines(data / name / "corpus.jsonl")}
        for line in read_lines(data / name / "qa" / f"{split}.jsonl"):
            own = [documents[key] for key in line["doc_ids"]]
            texts, titles = tuple(each["text"] for each in own), tuple(each["title"] for each in own)
            items.append(Item(name, lang, line["question"], tuple(a.strip() for a in line["answers"]), texts, titles))
    return items


def plain_text(markdown: str) -> str:
    """Return Markdown or reStructuredText as running text."""
    text = re.sub(r"\A---\n.*?\n---\n", "", markdown, flags=re.DOTALL)
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->|<[^>\n]{1,200}>", "", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"[`*]+|^[#>\-+=~|: ]{2,}$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
