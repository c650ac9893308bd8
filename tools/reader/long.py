"""Train the reader on many batches: `python -m tools.reader.long --start READER --data DIR --out FOLDER --device cuda`.

Goes on from a reader with synthetic documents, recurring spans and the questions of the train parts, in large batches
that other processes prepare, and averages the weights. Every eighth of the time it writes what it has as the reader
FOLDER/1 to FOLDER/8; choose with `tools.reader.evaluate` and `tools.reader.judge`: the last one need not be the best.
"""

from __future__ import annotations

import argparse
import copy
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from tools.minilm import build, save
from tools.reader.feeding import Batch, Clock, Sources, served
from tools.reader.train import Reader

_LONGEST = 300  # tokens of question and context
_PARTS = 8
_WARM, _HOLD = 0.04, 0.15  # shares of the time
_AVERAGED = 0.998


@dataclass(frozen=True)
class Rates:
    """Learning rates of the characters' rows and of the rest at their peak."""

    rows: float
    rest: float


def loss_of(reader: nn.Module, batch: Batch, device: str) -> torch.Tensor:
    """Return the mean negative log likelihood of the right tokens, all places of an answer counted together."""
    ids, lengths, contexts, right = (
        torch.from_numpy(part).to(device) for part in (batch.ids, batch.lengths, batch.contexts, batch.right)
    )
    places = torch.arange(ids.shape[1], device=device)[None]
    mask = places < lengths[:, None]
    types = mask & (places >= contexts[:, None])
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        logits = reader(ids, mask.long(), types.long())
    likelihood = torch.log_softmax(logits.float().masked_fill(~(types | (places == 0)).unsqueeze(-1), -1e4), dim=1)
    wanted = torch.zeros_like(likelihood, dtype=torch.bool)
    wanted[right[0], right[1], right[2]] = True
    return -likelihood.masked_fill(~wanted, -1e4).logsumexp(dim=1).mean()


def optimizer_of(reader: Reader, rates: Rates, device: str) -> torch.optim.Optimizer:
    """Return AdamW with one rate for the characters' rows and one for the rest."""
    rows = [p for name, p in reader.named_parameters() if name.endswith(".rows")]
    rest = [p for name, p in reader.named_parameters() if p.requires_grad and not name.endswith(".rows")]
    groups = [{"params": rows, "lr": rates.rows}, {"params": rest, "lr": rates.rest}]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01, fused=device == "cuda")


def write(reader: Reader, folder: Path, characters: Path) -> None:
    """Write a reader's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    own = copy.deepcopy(reader).cpu()
    shutil.copyfile(characters, folder / "characters.txt")
    save(own.encoder, folder / "delta.safetensors", {f"head.{k}": v for k, v in own.head.state_dict().items()})


def main() -> None:
    """Train within the time budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="the folder of a reader to go on from")
    parser.add_argument("--minutes", type=float, default=6.5)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--batch", type=int, default=49152, help="tokens")
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.manual_seed(7)
    characters = options.start / "characters.txt"
    model, tokenizer, head = build(characters, options.start)
    tokenizer.enable_truncation(_LONGEST, strategy="only_second")
    sources = Sources.read(options.data)
    clock = Clock(time.time(), options.minutes * 60)
    feed = served(sources, clock, tokenizer, options.batch, options.processes)
    reader = Reader(model)
    reader.head.load_state_dict({name.removeprefix("head."): tensor for name, tensor in head.items()})
    reader.to(options.device).train()
    train(reader, feed, clock, options.device, lambda part, own: write(own, options.out / str(part), characters))


def train(
    reader: Reader, feed: Iterator[Batch], clock: Clock, device: str, keep: Callable[[int, Reader], None]
) -> None:
    """Train until the time is spent; `keep` gets the number of each part and the reader of averaged weights."""
    optimizer = optimizer_of(reader, Rates(9e-4, 3e-4), device)
    peaks = [group["lr"] for group in optimizer.param_groups]
    average = copy.deepcopy(reader)
    part = step = 0
    while part < _PARTS:
        share = clock.share
        rate = min(1.0, share / _WARM, max(0.0, 1 - share) / (1 - _HOLD))
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * rate
        loss = loss_of(reader, next(feed), device)
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        with torch.no_grad():
            for old, new in zip(average.parameters(), reader.parameters(), strict=True):
                old.lerp_(new, max(1 - _AVERAGED, 20 / (step + 20)))
        if step % 200 == 0:
            print(f"{share:.3f} step {step} loss {loss.item():.3f}", flush=True)
        if share * _PARTS >= part + 1:
            part += 1
            keep(part, average)


if __name__ == "__main__":
    main()
