"""Answers without a language model: `python -m benchmarks.answers --data DIR --home DIR [SET...]`.

Judges the extractive answer on questions of the test parts, beside the first sentence of the best passage and the
sentence nearest to the question by embedding; once with the passages that hold the answer given, once with retrieved
ones. Then its abstention: each question is also asked of what retrieval leaves when every document that holds an answer
is taken away. --home is the data folder of benchmarks.retrieval.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answers_metrics import Array, holds, recall_within, risk_coverage, share_of_best, utility
from benchmarks.retrieval import ingested, spread
from benchmarks.sets import data_folder, read_lines, read_set
from eval.calibration import auroc
from eval.metrics import answer_f1
from eval.significance import bootstrap_mean
from generator.answer import Task
from generator.engine import Engine
from generator.evidence import estimate
from generator.extractive import ExtractiveGenerator
from generator.prompt import load_prompt
from generator.sentences import split_sentences
from retriever.analysis import cjk_share
from retriever.search import Hit, Request

SETS = ("nq_oracle", "covidqa", "tatqa", "xquad_en", "xquad_zh", "cmrc2018")
SYSTEMS = ("extractive", "first sentence", "nearest sentence")
METRICS = ("hit@1", "recall@60", "span F1", "of best")
_WIDE = 40  # hits that stand in for the corpus when documents are taken away


@dataclass(frozen=True)
class Asked:
    """A question with gold answers; `cluster` is its document."""

    question: str
    answers: list[str]
    documents: set[str]
    language: str

    @property
    def cluster(self) -> str:
        """What the bootstrap resamples as one."""
        return min(self.documents)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, default=300, help="questions per set, evenly spaced")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = data_folder(options.data)
    results = {}
    with Engine.open(options.home) as engine:
        for name in options.sets:
            domain = ingested(engine, read_set(data / name, options.split))
            asked = questions(data / name, options.split, options.limit)
            results[name] = judge(engine, domain.id, asked)
            print(f"<!-- {name}: {len(asked)} questions -->", flush=True)
    print(answer_table(results))
    print(abstention_table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def questions(folder: Path, split: str, limit: int) -> list[Asked]:
    """Return questions of a split whose answer stands in the text of their documents."""
    texts = {line["_id"]: line["text"] for line in read_lines(folder / "corpus.jsonl")}
    found = []
    for line in read_lines(folder / "qa" / f"{split}.jsonl"):
        language = "zh" if cjk_share(line["question"]) > 0.3 else "en"
        answers = [answer.strip() for answer in line["answers"] if answer.strip()]
        if any(holds(texts[document], answers, language) for document in line["doc_ids"]):
            found.append(Asked(line["question"], answers, set(line["doc_ids"]), language))
    return [found[int(place)] for place in spread([str(number) for number in range(len(found))], limit)]


def judge(engine: Engine, domain_id: str, asked: Sequence[Asked]) -> dict[str, Any]:
    """Return all scores of a set: per setting, system and metric; and of abstaining."""
    manifest = engine.default_manifest()
    size, threshold = manifest["retrieval"]["passages"], manifest["thresholds"]["evidence"]
    rows: dict[str, dict[str, list[dict[str, float | None]]]] = {
        setting: {system: [] for system in SYSTEMS} for setting in ("gold", "retrieved")
    }
    clusters: dict[str, list[str]] = {"gold": [], "retrieved": []}
    scores: list[float] = []
    right: list[float] = []
    answerable: list[float] = []
    for item in asked:
        found = engine.retriever.search(domain_id, manifest, Request(item.question, _WIDE))
        holding = [hit for hit in found.hits if holds(hit.passage.text, item.answers, item.language)]
        settings = {
            "gold": [hit for hit in holding if hit.passage.external_id in item.documents][:size],
            "retrieved": found.hits[:size],
        }
        for setting, hits in settings.items():
            if hits:
                clusters[setting].append(item.cluster)
                for system in SYSTEMS:
                    rows[setting][system].append(answer_scores(engine, system, item, hits, found.term_weights))
        removed = {hit.passage.document_id for hit in holding} | {
            hit.passage.document_id for hit in found.hits if hit.passage.external_id in item.documents
        }
        left = [hit for hit in found.hits if not removed & {hit.passage.document_id, *hit.also_in}][:size]
        for hits, label in ((found.hits[:size], 1.0), (left, 0.0)):
            readings = engine.reader.read(item.question, [hit.passage.text for hit in hits])
            scores.append(estimate(hits, readings, found.term_weights, manifest["thresholds"]))
            answerable.append(label)
        right += [rows["retrieved"]["extractive"][-1]["hit@1"] or 0.0, 0.0]
    report: dict[str, Any] = {
        setting: {
            system: {metric: interval(values, metric, clusters[setting]) for metric in METRICS}
            for system, values in systems.items()
        }
        | {
            f"extractive - {system}": {
                metric: interval(differences(systems["extractive"], systems[system]), metric, clusters[setting])
                for metric in METRICS
            }
            for system in SYSTEMS[1:]
        }
        for setting, systems in rows.items()
    }
    decided = abstention(np.array(scores), np.array(right), np.array(answerable), threshold)
    return report | {"questions": len(asked), "abstention": decided}


def answer_scores(
    engine: Engine, system: str, item: Asked, hits: Sequence[Hit], term_weights: dict[str, float]
) -> dict[str, float | None]:
    """Return the metrics of what a system quotes from the hits."""
    sentences = [sentence.text for hit in hits for sentence in split_sentences(hit.passage.text)]
    sentence = span = sentences[0]
    if system == "nearest sentence":
        vector = engine.retriever.encoder.encode_queries([item.question])[0]
        sentence = span = sentences[int(np.argmax(engine.retriever.encoder.encode_passages(sentences) @ vector))]
    elif system == "extractive":
        readings = engine.reader.read(item.question, [hit.passage.text for hit in hits])
        task = Task(item.question, hits, load_prompt(), None, 0, readings=readings, term_weights=term_weights)
        draft = ExtractiveGenerator().write(task)
        sentence = draft.text.rpartition(" [")[0]
        span = draft.span or sentence
    return {
        "hit@1": holds(sentence, item.answers, item.language),
        "recall@60": recall_within(sentence, item.answers, item.language),
        "span F1": answer_f1(span, item.answers, item.language),
        "of best": share_of_best(sentence, sentences, item.answers, item.language),
    }


def differences(
    first: Sequence[dict[str, float | None]], second: Sequence[dict[str, float | None]]
) -> list[dict[str, float | None]]:
    """Return the paired differences, None where one side has no value."""
    return [
        {name: None if one[name] is None or other[name] is None else one[name] - other[name] for name in METRICS}  # type: ignore[operator]
        for one, other in zip(first, second, strict=True)
    ]


def interval(rows: Sequence[dict[str, float | None]], metric: str, clusters: Sequence[str]) -> list[float]:
    """Return mean, and both ends of the 95 % interval, resampled by document."""
    pairs = [(row[metric], cluster) for row, cluster in zip(rows, clusters, strict=True) if row[metric] is not None]
    if not pairs:
        return [0.0, 0.0, 0.0]
    found = bootstrap_mean([float(value or 0.0) for value, _ in pairs], [cluster for _, cluster in pairs], 2000, 7)
    return [found.mean, found.low, found.high]


def abstention(scores: Array, right: Array, answerable: Array, threshold: float) -> dict[str, Any]:
    """Return how well the evidence tells the two kinds of questions apart, and what deciding by it is worth."""
    answered = (scores >= threshold).astype(float)
    everything = np.ones_like(answered)
    points, area = risk_coverage(scores, right)
    return {
        "auroc": auroc(scores, answerable == 1),
        "aurc": area,
        "risk": points,
        "answered": float(answered[answerable == 1].mean()),
        "abstained": float(1 - answered[answerable == 0].mean()),
        "utility": utility(answered, right, answerable),
        "always answer": utility(everything, right, answerable),
        "always abstain": utility(0 * everything, right, answerable),
    }


def answer_table(results: dict[str, Any]) -> str:
    """Return the answers as Markdown; a star marks a lead of the extractive answer whose interval is clear of zero."""
    lines = ["| set | passages | system | " + " | ".join(METRICS) + " |", "|---|---|---|" + "---|" * len(METRICS)]
    for name, report in results.items():
        for setting in ("gold", "retrieved"):
            for system in SYSTEMS:
                cells = []
                for metric in METRICS:
                    mean, low, high = report[setting][system][metric]
                    lead = report[setting].get(f"extractive - {system}", {}).get(metric, [0, 0, 0])
                    cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]" + (" *" if lead[1] > 0 else ""))
                lines.append(f"| {name} | {setting} | {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def abstention_table(results: dict[str, Any]) -> str:
    """Return the abstention as Markdown."""
    names = ("auroc", "aurc", "answered", "abstained", "utility", "always answer", "always abstain")
    lines = ["| set | " + " | ".join(names) + " | risk at coverage |", "|---|" + "---|" * (len(names) + 1)]
    for name, report in results.items():
        found = report["abstention"]
        risk = ", ".join(f"{coverage:.0%}: {value:.2f}" for coverage, value in found["risk"])
        lines.append(f"| {name} | " + " | ".join(f"{found[key]:.3f}" for key in names) + f" | {risk} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
