"""Speed of writing, side by side in one run: `python -m benchmarks.generation --model FOLDER`.

So many requests at once (--requests), of --prompt tokens and --new new ones each, over --adapters LoRA adapters of
every linear layer, with the greedy end token left out, so that all write the same number. Each system writes them in
every round, one system after the other; the first round warms up and is left out, of the others the median is shown.
Reading is the time for one new token each, writing the time that the others take beyond that.

  tandem  all at once, as the server does (`generator.decoding`)
  loop    transformers and PEFT as in their guides: `set_adapter`, `generate`, one request after the other
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generation_systems import SYSTEMS, Job, System, open_system

_TEXTS = ("README.md", "docs/architecture.md", "docs/settings.md", "docs/words.md")


@dataclass(frozen=True)
class Figures:
    """What a system did in a round: tokens a second while reading and while writing, and seconds."""

    reading: float
    writing: float
    first_s: float
    whole_s: float
    texts: list[list[int]]


def main() -> None:
    """Measure and print the table; with --json keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of a causal model")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    for name, default in (
        ("requests", 8),
        ("prompt", 512),
        ("new", 64),
        ("adapters", 4),
        ("rounds", 3),
        ("threads", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        adapters = make_adapters(options.model, Path(folder), options.adapters)
        jobs = make_jobs(options.model, adapters, options.requests, options.prompt)
        systems = {name: open_system(name, options.model, Path(folder), options.threads) for name in options.systems}
        rounds: dict[str, list[Figures]] = {name: [] for name in systems}
        for number in range(options.rounds + 1):
            for name, system in systems.items():
                found = measured(system, jobs, options.new)
                print(
                    f"round {number} {name}: {found.whole_s:.1f} s{' (not counted)' if number == 0 else ''}", flush=True
                )
                rounds[name] += [found] if number else []
    medians = {name: median(found) for name, found in rounds.items()}
    print(table(medians))
    if options.json:
        kept = {name: {**vars(found), "texts": None} for name, found in medians.items()}
        options.json.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def measured(system: System, jobs: list[Job], new: int) -> Figures:
    """Return what a system does with the jobs."""
    first = system.write(jobs, 1)
    whole = system.write(jobs, new)
    read_s, whole_s = (max(written.times[-1] for written in each) for each in (first, whole))
    return Figures(
        reading=sum(len(job.prompt) for job in jobs) / read_s,
        writing=len(jobs) * (new - 1) / max(1e-9, whole_s - read_s),
        first_s=statistics.mean(written.times[0] for written in whole),
        whole_s=whole_s,
        texts=[written.tokens for written in whole],
    )


def median(found: list[Figures]) -> Figures:
    """Return the median of each figure, with the texts of the first round."""
    names = ("reading", "writing", "first_s", "whole_s")
    return Figures(
        **{name: statistics.median(getattr(each, name) for each in found) for name in names}, texts=found[0].texts
    )


def table(medians: dict[str, Figures]) -> str:
    """Return the figures as Markdown, with what they are beside those of the loop, where it was measured."""
    lines = [
        "| system | read tokens/s | write tokens/s | first token s | whole s | same texts as loop |",
        "|---|---|---|---|---|---|",
    ]
    loop = medians.get("loop")
    for name, found in medians.items():
        cells = [f"{found.reading:.0f}", f"{found.writing:.1f}", f"{found.first_s:.2f}", f"{found.whole_s:.1f}"]
        same = ""
        if loop is not None and name != "loop":
            ratios = (
                found.reading / loop.reading,
                found.writing / loop.writing,
                loop.first_s / found.first_s,
                loop.whole_s / found.whole_s,
            )
            cells = [f"{cell} ({ratio:.2f}×)" for cell, ratio in zip(cells, ratios, strict=True)]
            same = f"{sum(a == b for a, b in zip(found.texts, loop.texts, strict=True))} of {len(loop.texts)}"
        lines.append(f"| {name} | {' | '.join(cells)} | {same} |")
    return "\n".join(lines)


def make_adapters(model: Path, folder: Path, count: int) -> list[str]:
    """Write LoRA adapters of rank 16 with random weights and return their names."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    names = []
    for number in range(count):
        torch.manual_seed(number)
        base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        config = LoraConfig(
            r=16, lora_alpha=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers deprecates
            get_peft_model(base, config).save_pretrained(folder / f"adapter{number}")
        (folder / f"adapter{number}" / "README.md").unlink()
        names.append(f"adapter{number}")
    return names


def make_jobs(model: Path, adapters: list[str], count: int, length: int) -> list[Job]:
    """Return requests whose prompts are pieces of this project's own texts, the adapters in turn."""
    from transformers import AutoTokenizer

    here = Path(__file__).parents[1]
    text = "\n".join((here / name).read_text(encoding="utf-8") for name in _TEXTS)
    ids = AutoTokenizer.from_pretrained(model)(text, add_special_tokens=False)["input_ids"]
    step = max(1, (len(ids) - length) // count)
    return [
        Job(ids[number * step : number * step + length], adapters[number % len(adapters)]) for number in range(count)
    ]


if __name__ == "__main__":
    main()
