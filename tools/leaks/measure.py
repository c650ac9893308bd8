"""Measure the thresholds of `eval.paraphrases`: recall on paraphrases, false alarms on questions of one form.

    python tools/leaks/measure.py DATA [--cache DIR]

DATA holds folders `nq_oracle`, `medquad` and `liveqa_med` with `qa/<split>.jsonl` or `queries.jsonl`. The threshold is
fitted on pairs of nq_oracle that have the same answer, of which `nq_pairs.txt` names those that ask the same (by
reading them), and is checked on the others: questions of users beside their summaries by a library (liveqa_med), and
the questions of medquad in other words (`reworded.py`). False alarms are counted on medquad, whose questions have few
forms: test questions against the train split, which shares no document with it, and the questions about a document
against the others about it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from reworded import reworded

from eval.paraphrases import SAME_ANSWER, Text, find_paraphrases, find_taught_answers, words_of
from retriever.models.load import load_encoder
from retriever.settings import RetrieverSettings
from store.examples import QuestionContent

_THRESHOLDS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_MEDQUAD = 1500  # test questions that are looked at


def rows(folder: Path, split: str) -> Iterator[tuple[str, Text]]:
    """Yield the ids and texts of a split."""
    for line in (folder / "qa" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = Text.of(row["id"], QuestionContent(question=row["question"], answers=row["answers"][:1]), row["doc_ids"])
        if text is not None:
            yield row["id"], text


def renamed(text: Text, question: str) -> Text:
    """Return an example that asks in other words."""
    return Text(f"{text.name}'", question, text.answers, text.targets, text.documents)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    asked = parser.parse_args()
    encoder = load_encoder(RetrieverSettings(cache=asked.cache) if asked.cache else RetrieverSettings())
    encode = encoder.encode_queries

    def cosines(pairs: list[tuple[str, str]]) -> np.ndarray:
        left, right = (np.asarray(encode(list(side)), dtype=float) for side in zip(*pairs, strict=True))
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        return (left * right).sum(axis=1) / lengths

    known = dict(each for split in ("train", "dev", "test") for each in rows(asked.data / "nq_oracle", split))
    same = {tuple(line.split()) for line in (Path(__file__).parent / "nq_pairs.txt").read_text().splitlines()}
    by_answer: dict[object, list[str]] = defaultdict(list)
    for key, text in known.items():
        if len(text.answers[0]) >= 2:
            by_answer[text.answers[0]].append(key)
    pairs = [(a, b) for keys in by_answer.values() if 1 < len(keys) <= 4 for b in keys for a in keys if a < b]
    found = cosines([(known[a].question, known[b].question) for a, b in pairs])
    yes = np.array([pair in same for pair in pairs])
    print(f"nq_oracle: {yes.sum()} pairs ask the same, {(~yes).sum()} do not and have the same answer")
    for threshold in _THRESHOLDS:
        over = found >= threshold
        print(f"  {threshold}: recall {over[yes].mean():.3f}, others {over[~yes].mean():.3f}")

    queries = [json.loads(x) for x in (asked.data / "liveqa_med/queries.jsonl").read_text("utf-8").splitlines()]
    spoken = cosines([(each["text"], each["summary"]) for each in queries if each.get("summary")])
    print(f"liveqa_med: recall {(spoken >= SAME_ANSWER).mean():.3f} of {len(spoken)} at {SAME_ANSWER}")

    chance = random.Random(0)
    test = [text for _, text in rows(asked.data / "medquad", "test")]
    sample = chance.sample(test, _MEDQUAD)
    other = [renamed(text, new) for text in sample for new in reworded(text.question)]
    hit = find_paraphrases(sample, other, encode)
    print(f"medquad in other words: recall {len(hit) / len(other):.3f} of {len(other)}")
    train = [text for _, text in rows(asked.data / "medquad", "train")]
    alarms = find_paraphrases(train, sample, encode)
    print(f"medquad, test against train: {len(alarms)} of {len(sample)} called paraphrases")
    taught = find_taught_answers(train, sample)
    print(f"medquad, test against train: {len(taught)} of {len(sample)} answers are taught")
    by_name = {each.name: each for each in sample}
    within = [
        leak
        for leak in find_paraphrases(sample, sample, encode)
        if words_of(by_name[leak.asked].question) != words_of(by_name[leak.known].question)
    ]
    print(f"medquad, within documents: {len(within)} of {len(sample)} called paraphrases, equal questions not counted")
    for each in [*alarms[:5], *within[:5]]:
        print("  ", each)


if __name__ == "__main__":
    main()
