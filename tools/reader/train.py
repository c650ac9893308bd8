"""Train the span reader: `python -m tools.reader.train --data DIR --out FOLDER --minutes 60`.

Starts from MiniLM, learns to point at recurring spans of raw text, then more and more at the answers of the train
parts. Resumes from FOLDER/checkpoint.safetensors; writes delta.safetensors at the end. Set the threads and the minutes
so that some 9 million tokens are seen.

With `--start READER` it goes on from a reader's weights, with lower rates and smaller batches, and reads synthetic
documents of the kinds that teams write beside the train parts; 2 million tokens are enough.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Encoding, Tokenizer
from torch import nn

from retriever.models.compiled import cpu_floats
from tools.minilm import Schedule, build, save
from tools.reader.synthetic.drawing import draw
from tools.reader.tasks import SHORT, Questions, Task, recurring
from tools.training_texts import load_texts, questions, train_texts

_LONGEST = 300  # tokens of question and context
_NO_ANSWER = 0.3  # share of the train parts' questions that get a passage without an answer


@dataclass(frozen=True)
class Plan:
    """How to train: tokens of a batch, learning rates of the characters' rows and of the rest, and the tasks."""

    batch: int
    rows: float
    rest: float
    tasks: Callable[[Schedule, Path, random.Random], Iterator[Task]]


class Reader(nn.Module):
    """An encoder with a head of two logits per token: the answer begins here, ends here; the first token: no answer."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(384, 2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, tokens, 2)."""
        states = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        return self.head(states)


def encode(tokenizer: Tokenizer, tasks: list[Task]) -> list[tuple[Encoding, list[int], list[int]]]:
    """Return for each task that fits its encoding and the tokens at which its answers begin and end."""
    found = []
    encodings = tokenizer.encode_batch([(task.question, task.context) for task in tasks])
    for task, encoding in zip(tasks, encodings, strict=True):
        ends = [(encoding.char_to_token(a, 1), encoding.char_to_token(b - 1, 1)) for a, b in task.spans]
        inside = [(a, b) for a, b in ends if a is not None and b is not None]
        if inside or not task.spans:
            found.append((encoding, [a for a, _ in inside] or [0], [b for _, b in inside] or [0]))
    return found


def batches(
    tokenizer: Tokenizer, tasks: Iterator[Task], size: int
) -> Iterator[list[tuple[Encoding, list[int], list[int]]]]:
    """Yield batches of about the same length and number of tokens."""
    while True:
        pool = sorted(encode(tokenizer, list(itertools.islice(tasks, 400))), key=lambda each: len(each[0].ids))
        cut: list[list[tuple[Encoding, list[int], list[int]]]] = [[]]
        for each in pool:
            if (len(cut[-1]) + 1) * len(each[0].ids) > size:
                cut.append([])
            cut[-1].append(each)
        random.Random(len(pool)).shuffle(cut)
        yield from cut


def loss_of(reader: Reader, batch: list[tuple[Encoding, list[int], list[int]]]) -> torch.Tensor:
    """Return the mean negative log likelihood of the right tokens, all places of an answer counted together."""
    longest = max(len(encoding.ids) for encoding, _, _ in batch)
    ids, mask, types = (torch.zeros((len(batch), longest), dtype=torch.long) for _ in range(3))
    right = torch.zeros((len(batch), longest, 2), dtype=torch.bool)
    allowed = torch.zeros((len(batch), longest), dtype=torch.bool)
    for row, (encoding, starts, ends) in enumerate(batch):
        length = len(encoding.ids)
        ids[row, :length] = torch.tensor(encoding.ids)
        types[row, :length] = torch.tensor(encoding.type_ids)
        mask[row, :length] = 1
        right[row, starts, 0] = True
        right[row, ends, 1] = True
        allowed[row, :length] = types[row, :length].bool()
        allowed[row, 0] = True
    with torch.autocast("cpu", torch.bfloat16, enabled=cpu_floats() == "bf16"):
        logits = reader(ids, mask, types)
    logits = logits.float().masked_fill(~allowed.unsqueeze(-1), -1e4)
    likelihood = torch.log_softmax(logits, dim=1).masked_fill(~right, -1e4).logsumexp(dim=1)
    return -likelihood.mean()


def mixed(schedule: Schedule, data: Path, chance: random.Random) -> Iterator[Task]:
    """Yield tasks: mostly recurring spans at first, mostly questions at the end."""
    own = train_texts(data)
    texts = {
        "en": [text for text in own if text.lang == "en"],
        "zh": [text for text in own if text.lang == "zh"],
    }
    streams = {lang: recurring([t for t in texts[lang] if len(t.text) > 200], chance, 0.25) for lang in texts}
    loads = {lang: recurring(load_texts(data, lang), chance, 0.25) for lang in texts}
    asked = Questions(questions(data, "train"), {"cmrc2018": 1.3, "nq_oracle": 1.3, "covidqa": 0.7})
    while True:
        if chance.random() < min(0.85, 0.15 + 0.95 * schedule.share):
            yield asked.draw(chance, _NO_ANSWER)
        else:
            lang = "zh" if chance.random() < 0.55 else "en"
            yield next(streams[lang] if chance.random() < 0.7 else loads[lang])


def synthetic(_: Schedule, data: Path, chance: random.Random) -> Iterator[Task]:
    """Yield tasks: a good half from synthetic documents, the others from the train parts, most with a title above."""
    asked = Questions(questions(data, "train"), {"cmrc2018": 1.3, "nq_oracle": 1.3, "covidqa": 0.7}, SHORT)
    while True:
        if chance.random() < _SYNTHETIC:
            yield draw(chance)
        else:
            yield asked.draw(chance, _NO_ANSWER, headed=chance.random() < 0.8)


_SYNTHETIC = 0.62  # share of the tasks; as their passages are shorter, about half of the tokens
FROM_MINILM = Plan(5000, 1e-3, 2.5e-4, mixed)
FROM_READER = Plan(2500, 3e-4, 1.2e-4, synthetic)


def main() -> None:
    """Train within the time budget, from the last checkpoint on if there is one, and write the delta."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--characters", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="the folder of a reader to go on from")
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(7)
    options.out.mkdir(parents=True, exist_ok=True)
    model, tokenizer, head = build(options.characters, options.start)
    tokenizer.enable_truncation(_LONGEST, strategy="only_second")
    reader = Reader(model)
    if head:
        reader.head.load_state_dict({name.removeprefix("head."): tensor for name, tensor in head.items()})
    checkpoint, state = options.out / "checkpoint.safetensors", options.out / "state.json"
    spent = 0.0
    if checkpoint.is_file():
        reader.load_state_dict(load_file(checkpoint))
        spent = float(json.loads(state.read_text())["spent_s"])

    def keep(spent_s: float) -> None:
        save_file(reader.state_dict(), checkpoint)
        state.write_text(json.dumps({"spent_s": spent_s}))

    plan = FROM_READER if options.start else FROM_MINILM
    if spent < options.minutes * 60:
        train(reader, tokenizer, options.data, plan, options.minutes * 60, spent, keep)
    (options.out / "characters.txt").write_text(options.characters.read_text(encoding="utf-8"), encoding="utf-8")
    save(model, options.out / "delta.safetensors", {f"head.{k}": v for k, v in reader.head.state_dict().items()})


def train(
    reader: Reader,
    tokenizer: Tokenizer,
    data: Path,
    plan: Plan,
    budget_s: float,
    spent_s: float,
    keep: Callable[[float], None],
) -> None:
    """Train until the budget is spent; `keep` is called with the seconds spent every five minutes and at the end."""
    rows = [p for name, p in reader.named_parameters() if name.endswith(".rows")]
    rest = [p for name, p in reader.named_parameters() if p.requires_grad and not name.endswith(".rows")]
    groups = [{"params": rows, "lr": plan.rows}, {"params": rest, "lr": plan.rest}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = Schedule(optimizer, budget_s, spent_s)
    reader.train()
    saved = began = time.monotonic()
    losses: list[float] = []
    tokens = 0
    tasks = plan.tasks(schedule, data, random.Random(int(spent_s) + 7))
    for step, batch in enumerate(batches(tokenizer, tasks, plan.batch)):
        schedule.update()
        loss = loss_of(reader, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        tokens += sum(len(encoding.ids) for encoding, _, _ in batch)
        if step % 50 == 49:
            rate = tokens / (time.monotonic() - began)
            print(f"{schedule.share:.3f} step {step + 1} loss {sum(losses) / 50:.3f} {rate:.0f} tok/s", flush=True)
            losses.clear()
        if time.monotonic() - saved > 300 or schedule.share >= 1:
            keep(schedule.share * budget_s)
            saved = time.monotonic()
        if schedule.share >= 1:
            break


if __name__ == "__main__":
    main()
