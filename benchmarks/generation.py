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
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generation_systems import SYSTEMS, Job, System, open_system

_COLUMNS = (
    ("reading", "read tokens/s"),
    ("writing", "write tokens/s"),
    ("first_s", "first token s"),
    ("whole_s", "whole s"),
    ("work_reading", "read tokens/CPU s"),
    ("work_writing", "write tokens/CPU s"),
)
_TEXTS = ("README.md", "docs/architecture.md", "docs/settings.md", "docs/words.md")


@dataclass(frozen=True)
class Figures:
    """What a system did in a round: tokens a second while reading and while writing, and seconds.

    `work_reading` and `work_writing` are tokens in a second of processor time, which others on the machine do not take.
    """

    reading: float
    writing: float
    first_s: float
    whole_s: float
    work_reading: float
    work_writing: float
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
    begun = time.process_time()
    first = system.write(jobs, 1)
    between = time.process_time()
    whole = system.write(jobs, new)
    read_work, whole_work = between - begun, time.process_time() - between
    read_s, whole_s = (max(written.times[-1] for written in each) for each in (first, whole))
    read, wrote = sum(len(job.prompt) for job in jobs), len(jobs) * (new - 1)
    return Figures(
        reading=read / read_s,
        writing=wrote / max(1e-9, whole_s - read_s),
        first_s=statistics.mean(written.times[0] for written in whole),
        whole_s=whole_s,
        work_reading=read / max(1e-9, read_work),
        work_writing=wrote / max(1e-9, whole_work - read_work),
        texts=[written.tokens for written in whole],
    )


def median(found: list[Figures]) -> Figures:
    """Return the median of each figure, with the texts of the first round."""
    middle = {name: statistics.median(getattr(each, name) for each in found) for name, _ in _COLUMNS}
    return Figures(**middle, texts=found[0].texts)


def table(medians: dict[str, Figures]) -> str:
    """Return the figures as Markdown, with how many times better they are than those of the loop, where it ran, too."""
    heads = ["system", *(head for _, head in _COLUMNS), "texts as the loop's"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    loop = medians.get("loop")
    for name, found in medians.items():
        cells, same = [], ""
        for column, _ in _COLUMNS:
            value: float = getattr(found, column)
            cells.append(f"{value:.4g}")
            if loop is not None and loop is not found:
                ratio = value / getattr(loop, column)
                cells[-1] += f" ({1 / ratio if column.endswith('_s') else ratio:.2f}×)"
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
