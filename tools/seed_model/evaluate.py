"""Judge a seed model with Tandem itself: `python -m tools.seed_model.evaluate --model FOLDER --data DIR`.

For each set: documents in, the evidence calibrated on dev questions, LoRA on train questions, all arms on test
questions, over HTTP like any client. Then how well the model's own inclination to abstain tells prompts with the
passage that answers from prompts without it, and its speed.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import torch

from eval.calibration import auroc
from generator.causal import load_causal
from generator.prompt import Context, load_prompt
from generator.tokenizing import encode_chat
from service.client import Client
from service.http.server import local_server
from service.settings import load_settings
from tools.reader.tasks import Questions
from tools.training_texts import QA_SETS, questions, read_lines

_SPLITS = {"train": 300, "dev": 100, "test": 150}
_ARMS = ("extractive", "base", "rag", "combined")
_OTHERS = 600  # documents without a chosen question
_UPLOAD = 200
_NEW_TOKENS = 32


def main() -> None:
    """Print a table of arms per set, the AUROC of abstaining, and the speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default="nq_oracle,xquad_en,cmrc2018")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for name in options.sets.split(","):
        report = compare(options.model.resolve(), options.data / name)
        own = abstention(options.model, options.data, name)
        results[name] = {"report": report, "abstention_auroc": own}
        print(table(name, report))
        print(f"abstaining by the model alone: AUROC {own:.3f}\n", flush=True)
    results["speed"] = speed(options.model)
    print(results["speed"])
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")


def compare(model: Path, folder: Path) -> dict[str, Any]:
    """Return the report of an evaluation of all arms on a set."""
    rows = list(_rows(folder))
    wanted = {name for row in rows for name in row["documents"]}
    corpus = list(read_lines(folder / "corpus.jsonl"))
    others = [line for line in corpus if f"{line['_id']}.txt" not in wanted]
    shown = [line for line in corpus if f"{line['_id']}.txt" in wanted] + others[:_OTHERS]
    with tempfile.TemporaryDirectory() as home, _served(Path(home), model) as client:
        files = [("files", (f"{line['_id']}.txt", f"{line['title']}\n\n{line['text']}".encode())) for line in shown]
        for first in range(0, len(files), _UPLOAD):
            params = {"wait": "true"}
            client.call("POST", "/v1/domains/default/documents", params=params, files=files[first : first + _UPLOAD])
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        form = {"files": {"file": ("questions.jsonl", content)}, "data": {"name": "questions"}}
        client.call("POST", "/v1/domains/default/datasets", **form)
        made = client.call("POST", "/v1/domains/default/releases", json={"calibrate": "questions"})
        body = {"force": True, "reason": "calibrated on the dev split"}
        client.call("POST", f"/v1/releases/{made['id']}/promote", json=body)
        params = {"dataset": "questions", "trained": "with_context"}
        _wait(client, client.call("POST", "/v1/jobs", json=_job("tune_generator", params))["id"])
        body = {"domain": "default", "dataset": "questions", "arms": list(_ARMS)}
        evaluation = client.call("POST", "/v1/evaluations", json=body)
        _wait(client, evaluation["job"])
        report: dict[str, Any] = client.call("GET", f"/v1/evaluations/{evaluation['id']}")["report"]
        return report


def table(name: str, report: dict[str, Any]) -> str:
    """Return the arms of a report as Markdown, and the differences that matter."""
    metrics = ("f1", "em", "recall", "abstention", "citation_precision")
    lines = [f"| {name} | " + " | ".join(metrics) + " | ms |", "|---|" + "---|" * (len(metrics) + 1)]
    for arm, found in report["arms"].items():
        cells = [_interval(found["metrics"].get(metric)) for metric in metrics]
        lines.append(f"| {arm} | " + " | ".join(cells) + f" | {found['latency_ms']['p50']:.0f} |")
    for each in report["comparisons"]:
        if (each["arm"], each["against"]) in {("rag", "base"), ("combined", "rag"), ("combined", "extractive")}:
            ends = f"{each['difference']:+.3f} [{each['low']:+.3f}, {each['high']:+.3f}]"
            lines.append(f"{each['arm']} - {each['against']}: {ends}")
    return "\n".join(lines)


def abstention(model: Path, data: Path, name: str) -> float:
    """Return the AUROC of the mean log probability of abstaining, prompts without an answer being the positive ones."""
    tokenizer, network = load_causal(model)
    prompt, chance = load_prompt(), random.Random(0)
    asked = Questions(questions(data, "test", {name: QA_SETS[name]}), {})
    scores, labels = [], []
    for number in range(200):
        task = asked.draw(chance, float(number % 2), others=3)
        shown = [*task.others[:2], task.context]
        chance.shuffle(shown)
        head = encode_chat(tokenizer, prompt.messages(task.question, [Context("", text) for text in shown]))
        reply = prompt.abstention(task.question, with_passages=True)
        tail = tokenizer(f" {reply}", add_special_tokens=False)["input_ids"]
        head = head[-(1024 - len(tail)) :]
        with torch.inference_mode():
            logits = network(torch.tensor([head + tail])).logits[0, len(head) - 1 : -1]
        scores.append(float(torch.log_softmax(logits, -1).gather(1, torch.tensor(tail)[:, None]).mean()))
        labels.append(not task.spans)
    return auroc(np.array(scores), np.array(labels))


def speed(model: Path) -> dict[str, float]:
    """Return milliseconds to load, to the first token after 600 of prompt, and tokens per second after it (medians)."""
    begun = time.perf_counter()
    _, network = load_causal(model)
    loading = time.perf_counter() - begun
    ids = torch.randint(3, network.config.vocab_size, (1, 600))
    first, rest = [], []
    with torch.inference_mode():
        for _ in range(7):
            spent = []
            for tokens in (1, 65):
                begun = time.perf_counter()
                network.generate(
                    input_ids=ids, attention_mask=torch.ones_like(ids), min_new_tokens=tokens, max_new_tokens=tokens,
                    do_sample=False, pad_token_id=0,
                )  # fmt: skip
                spent.append(time.perf_counter() - begun)
            first.append(spent[0])
            rest.append(64 / (spent[1] - spent[0]))
    medians = {"load_ms": loading * 1000, "first_token_ms": float(np.median(first)) * 1000}
    return {name: round(value, 1) for name, value in (medians | {"tokens_per_s": float(np.median(rest))}).items()}


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for split, count in _SPLITS.items():
        lines = list(read_lines(folder / "qa" / f"{split}.jsonl"))
        chosen = random.Random(0).sample(lines, min(count, len(lines)))
        for line in chosen:
            documents = [f"{key}.txt" for key in line["doc_ids"]]
            answers = [answer.strip() for answer in line["answers"] if answer.strip()]
            yield {
                "id": f"{split}-{line['id']}", "question": line["question"], "answers": answers,
                "documents": documents, "split": split,
            }  # fmt: skip


@contextmanager
def _served(home: Path, model: Path) -> Iterator[Client]:
    settings = load_settings(home)
    generator = settings.generator.model_copy(update={"base_model": model, "max_new_tokens": _NEW_TOKENS})
    with (
        local_server(settings.model_copy(update={"generator": generator})) as url,
        httpx.Client(base_url=url, timeout=1200, trust_env=False) as http,
    ):
        yield Client(http)


def _job(kind: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "domain": "default", "params": params}


def _wait(client: Client, job: str) -> None:
    found = client.wait(job, lambda _: None)
    if found["status"] != "succeeded":
        raise SystemExit(f"The job {job} ended as {found['status']}: {found['error']}")


def _interval(found: dict[str, Any] | None) -> str:
    return "–" if found is None else f"{found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


if __name__ == "__main__":
    main()
