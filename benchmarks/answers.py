"""Answers without a language model: `python -m benchmarks.answers --data DIR [--sets A,B]`.

Judges the extractive answer of a release whose evidence is calibrated on the set's dev part, as it serves it
("extractive") and without its abstention ("always answer"), beside the first sentence of the best passage and the
sentence nearest to the question by embedding. Each question is answered twice: from all passages of its gold document,
and from the passages that the search finds. Only questions count whose answer stands in their document.

Then the abstention: each question is asked once more of what the search leaves when every document that holds an
answer is taken away. Hits of such documents are dropped from the first 200; nothing is indexed again. The threshold of
the decision is the one that is best on the dev part; SQuAD 2.0 chooses it on the questions it is measured on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.answers_abstention import RESAMPLES, SEED, Trial, abstention
from benchmarks.answers_data import AnswerSet, Asked, read_answers
from benchmarks.answers_metrics import answer_scores
from benchmarks.answers_report import BASELINES, METRICS, abstention_table, answer_table, plot_risk
from benchmarks.answers_systems import (
    SILENCE,
    Reply,
    first_sentence,
    gold_passages,
    nearest_sentence,
    product_reply,
    shown_sentences,
    wide_search,
    without_documents,
)
from benchmarks.retrieval import ingested
from benchmarks.sets import RetrievalSet, data_folder
from benchmarks.vector_cache import CachedEncoder
from eval.calibration import calibrate
from eval.questions import EvalQuestion
from eval.significance import bootstrap_mean
from generator.answering import Pinned
from generator.engine import Engine
from generator.manifest import Manifest
from retriever.models.encoders import Encoders
from retriever.search.search import Result
from store.documents import list_documents

SETS = "nq_oracle,xquad_en,xquad_zh,cmrc2018,covidqa,tatqa"
Scores = dict[str, dict[str, float | None]]
_CALIBRATION = 200  # questions of the dev part


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets; default: TANDEM_DATA")
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, help="questions per set, evenly spaced; default: all")
    parser.add_argument("--home", type=Path, help="data folder that is kept, as that of benchmarks.retrieval")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path, help="PNG of risk over coverage; needs matplotlib")
    options = parser.parse_args()
    data = data_folder(options.data)
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory())
        engine = stack.enter_context(Engine.open(options.home or Path(temporary) / "home"))
        encoder = CachedEncoder(engine.retriever.encoder, options.cache or Path(temporary))
        engine.retriever.encoders = Encoders(encoder)
        for name in options.sets.split(","):
            calibration = read_answers(data / name, "dev", _CALIBRATION)
            results[name] = judge(
                engine, read_answers(data / name, options.split, options.limit), calibration.questions
            )
            encoder.cache.save()
            sys.stderr.write(f"{name}: {results[name]['questions']} questions\n")
    print(answer_table(results), end="\n\n")
    print(abstention_table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if options.plot:
        plot_risk(results, options.plot)


def judge(engine: Engine, found: AnswerSet, calibration: Sequence[Asked]) -> dict[str, Any]:
    """Return all scores of a set: per setting, system and metric, and those of abstaining.

    The release is calibrated on the questions `calibration`; without any it is the default one.
    """
    domain = ingested(engine, RetrievalSet(found.name, found.documents, {}, {}))
    ids = {document.external_id: document.id for document in list_documents(engine.store, domain.id)}
    manifest = calibrated(engine, domain.id, ids, calibration)
    holders = {
        place: {ids[key] for key in found.holders(asked) | asked.documents}
        for place, asked in enumerate((*found.questions, *calibration))
    }
    rows: dict[str, list[Scores]] = {"gold": [], "retrieved": []}
    trials: list[Trial] = []
    for place, asked in enumerate(found.questions):
        gold = gold_passages(engine, domain.id, manifest, asked.question, asked.documents)
        rows["gold"].append(answered(engine, manifest, asked, gold)[0])
        scores, tried = both_trials(engine, domain.id, manifest, asked, holders[place])
        rows["retrieved"].append(scores)
        trials += tried
    tuning = [
        trial
        for place, asked in enumerate(calibration, start=len(found.questions))
        for trial in both_trials(engine, domain.id, manifest, asked, holders[place])[1]
    ]
    clusters = [asked.cluster for asked in found.questions]
    report = {setting: summary(scores, clusters) for setting, scores in rows.items()}
    counts = {"questions": len(found.questions), "left out": found.left_out}
    return counts | report | {"abstention": abstention(trials, tuning)}


def both_trials(
    engine: Engine, domain_id: str, manifest: Manifest, asked: Asked, holders: set[str]
) -> tuple[Scores, list[Trial]]:
    """Return the scores of a question on what the search finds, and its trials with and without the `holders`."""
    size = manifest.retrieval.passages
    wide = wide_search(engine, domain_id, manifest, asked.question)
    scores, reply = answered(engine, manifest, asked, without_documents(wide, set(), size))
    rest = product_reply(engine, manifest, asked.question, without_documents(wide, holders, size))
    return scores, [
        Trial(reply.evidence, scores["always answer"]["hit@1"] or 0.0, 1.0, asked.cluster),
        Trial(rest.evidence, 0.0, 0.0, asked.cluster),
    ]


def calibrated(engine: Engine, domain_id: str, ids: Mapping[str, str], questions: Sequence[Asked]) -> Manifest:
    """Return the default release with its evidence calibrated on `questions`; `ids` are the store's of documents."""
    manifest = engine.default_manifest()
    if not questions:
        return manifest
    given = [
        EvalQuestion(str(number), asked.question, asked.answers, [ids[key] for key in asked.documents], asked.language)
        for number, asked in enumerate(questions)
    ]
    found = calibrate(engine, Pinned(domain_id, "default", manifest), given)
    return manifest.model_copy(update={"thresholds": found.thresholds})


def answered(engine: Engine, manifest: Manifest, asked: Asked, result: Result) -> tuple[Scores, Reply]:
    """Return the scores of every system on a result, and what the product replies if it may not abstain."""
    eager = product_reply(engine, manifest, asked.question, result)
    replies = {
        "extractive": eager if eager.evidence >= manifest.thresholds.evidence else SILENCE,
        "always answer": eager,
        "first sentence": first_sentence(result),
        "nearest sentence": nearest_sentence(engine, asked.question, result),
    }
    shown = shown_sentences(result)
    scores = {
        system: answer_scores((reply.sentence, reply.text, reply.span), shown, asked.answers, asked.language)
        for system, reply in replies.items()
    }
    return scores, eager


def summary(rows: Sequence[Scores], clusters: Sequence[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the interval of each metric of each system, and of the paired differences "one - other"."""
    pairs = [("extractive", other) for other in BASELINES] + [("always answer", other) for other in BASELINES[1:]]
    found: dict[str, dict[str, dict[str, float]]] = {}
    for system in ("extractive", *BASELINES):
        values = {metric: [row[system][metric] for row in rows] for metric in METRICS}
        found[system] = {metric: interval(values[metric], clusters) for metric in METRICS}
    for one, other in pairs:
        found[f"{one} - {other}"] = {
            metric: interval([_difference(row[one], row[other], metric) for row in rows], clusters, (-1.0, 1.0))
            for metric in METRICS
        }
    return found


def interval(
    values: Sequence[float | None], clusters: Sequence[str], bounds: tuple[float, float] = (0.0, 1.0)
) -> dict[str, float]:
    """Return mean, low, high and n of the values that are there; the 95 % interval resamples documents.

    `bounds` are the least and the largest that a value can be.
    """
    kept = [(value, cluster) for value, cluster in zip(values, clusters, strict=True) if value is not None]
    return asdict(bootstrap_mean([value for value, _ in kept], [name for _, name in kept], RESAMPLES, SEED, bounds))


def _difference(one: Mapping[str, float | None], other: Mapping[str, float | None], metric: str) -> float | None:
    left, right = one[metric], other[metric]
    return None if left is None or right is None else left - right


if __name__ == "__main__":
    main()
