"""Train the seed model: `python -m tools.seed_model.train --work FOLDER --tokens 40e6`.

First copying of repeated random tokens, which forms induction heads (Olsson et al. 2022,
https://arxiv.org/abs/2209.11895), then reading tasks, from copying towards questions. Matrices are trained with Muon
(Jordan et al. 2024), the rest with AdamW. Resumes from FOLDER/checkpoint-SIZE; writes the model to FOLDER/seed-SIZE.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoTokenizer, LlamaForCausalLM

from tools.seed_model.batches import IGNORED, Batch, Batches, load_batches
from tools.seed_model.sizes import SIZES, Size

_COPYING = 0.045  # share of the tokens
_LANGUAGE = 0.1  # share of the passages' tokens that are learned, too, and the weight of their loss
_PAD = 0
_KEEP_S = 240.0  # between checkpoints


def build(tokenizer: Any, size: Size) -> LlamaForCausalLM:
    """Return a model with random weights."""
    config = size.config(tokenizer.convert_tokens_to_ids("<|im_end|>"), tokenizer.convert_tokens_to_ids("<|pad|>"))
    return LlamaForCausalLM(config)


def copy_batch(size: Size, done: float) -> Batch:
    """Return random sequences of 64 tokens whose second half repeats the first, rotated; the repeat is learned.

    They use 128 tokens of the vocabulary at first, all when `done`, 0 to 1, reaches 0.85: with all from the beginning
    nothing is copied after the same number of steps.
    """
    half, rows = 32, size.batch_tokens // 128
    order = torch.randperm(size.vocabulary - 3, generator=torch.Generator().manual_seed(0)) + 3
    known = min(len(order), int(128 * (len(order) / 128) ** (done / 0.85)))
    first = order[torch.randint(0, known, (rows, half))]
    repeat = first.gather(1, (torch.arange(half) + torch.randint(0, half // 2, (rows, 1))) % half)
    ids = torch.cat([first, repeat], dim=1)
    labels = ids.clone()
    labels[:, : half + 1] = IGNORED
    return ids, labels


def losses(model: LlamaForCausalLM, batch: Batch, language: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean loss of the replies, and that of a share `language` of the other tokens (0 if it is 0)."""
    ids, labels = batch
    states = model.model(input_ids=ids).last_hidden_state[:, :-1]
    following = labels[:, 1:]
    reply = following != IGNORED
    target = ids[:, 1:]
    other = ~reply & (target != _PAD) & (torch.rand(target.shape, device=ids.device) < language)
    chosen = reply | other
    each = nn.functional.cross_entropy(model.lm_head(states[chosen]).float(), target[chosen], reduction="none")
    mine = reply[chosen]
    return each[mine].mean(), each[~mine].mean() if language else each.new_zeros(())


class Optimizers:
    """Muon for the matrices of the layers, AdamW for embeddings and norms; one learning rate schedule for both."""

    def __init__(self, model: LlamaForCausalLM, peak: float) -> None:
        matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
        rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=peak, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=peak, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self._peak = peak

    def step(self, share: float) -> None:
        """Update the weights; the learning rate rises, holds, and falls over the last 60 % of training."""
        rate = self._peak * min(1.0, share / 0.005 + 0.02, max(0.02, (1 - share) / 0.6))
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad()

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the moments, named `optimizer.PART.PARAMETER.MOMENT`."""
        return {
            f"optimizer.{number}.{key}.{name}": torch.as_tensor(value).float().cpu().contiguous()
            for number, part in enumerate(self._parts)
            for key, moments in part.state_dict()["state"].items()
            for name, value in moments.items()
        }

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take back what `tensors` returned."""
        for number, part in enumerate(self._parts):
            state: dict[int, dict[str, torch.Tensor]] = {}
            for name, value in tensors.items():
                _, owner, key, moment = name.split(".")
                if int(owner) == number:
                    state.setdefault(int(key), {})[moment] = value
            part.load_state_dict({**part.state_dict(), "state": state})


class Checkpoint:
    """Weights, moments and the number of tokens seen, in one safetensors file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = time.monotonic()

    def load(self, model: LlamaForCausalLM, optimizers: Optimizers) -> int:
        """Restore model and optimizers and return the tokens seen; 0 without a checkpoint."""
        if not self._path.is_file():
            return 0
        with safe_open(self._path, framework="pt") as opened:
            seen = int(opened.metadata()["tokens"])
        tensors = load_file(self._path)
        moments = {name: tensors.pop(name) for name in list(tensors) if name.startswith("optimizer.")}
        model.load_state_dict(tensors, strict=False)  # the head is tied to the embeddings and not stored
        optimizers.load(moments)
        return seen

    def save(self, model: LlamaForCausalLM, optimizers: Optimizers, seen: int) -> None:
        """Write a new checkpoint."""
        weights = {name: p.detach().cpu().contiguous() for name, p in model.named_parameters()}
        part = self._path.with_suffix(".part")
        save_file(weights | optimizers.tensors(), part, metadata={"tokens": str(seen)})
        part.replace(self._path)
        self._saved = time.monotonic()

    def due(self) -> bool:
        """Return whether the last one is old."""
        return time.monotonic() - self._saved > _KEEP_S


def train(model: LlamaForCausalLM, tokenizer: Any, size: Size, options: argparse.Namespace) -> None:
    """Train until the wanted number of tokens is seen, from the last checkpoint on."""
    optimizers = Optimizers(model, options.rate)
    checkpoint = Checkpoint(options.work / f"checkpoint-{options.size}.safetensors")
    seen = begun = checkpoint.load(model, optimizers)
    torch.manual_seed(seen + 1)
    share = torch.zeros(1).share_memory_()
    source = load_batches(Batches(options.work, Path(tokenizer.name_or_path), size, seen + 1, share), options.workers)
    model.train()
    started, sums = time.monotonic(), [0.0, 0.0]
    for step in itertools.count(1):
        share[0] = min(1.0, seen / options.tokens)
        if seen >= options.tokens:
            break
        copying = float(share) < _COPYING
        ids, labels = (
            part.to(options.device) for part in (copy_batch(size, float(share) / _COPYING) if copying else next(source))
        )
        with torch.autocast(options.device, torch.bfloat16):
            reply, language = losses(model, (ids, labels), 0.0 if copying else _LANGUAGE)
        (reply + 0.3 * language).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(float(share))
        seen += ids.numel()
        sums = [sums[0] + reply.item(), sums[1] + language.item()]
        if step % 50 == 0:
            rate = (seen - begun) / (time.monotonic() - started)
            means = f"replies {sums[0] / 50:.3f} passages {sums[1] / 50:.3f}"
            print(f"{float(share):.3f} step {step} {means} {rate:.0f} tok/s", flush=True)
            sums = [0.0, 0.0]
        if checkpoint.due():
            checkpoint.save(model, optimizers, seen)
    checkpoint.save(model, optimizers, seen)


def main() -> None:
    """Train, from the last checkpoint on if there is one, and save the model in bfloat16."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--tokens", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--rate", type=float, default=6e-3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.work / f"tokenizer-{options.size}", local_files_only=True)
    torch.manual_seed(0)
    model = build(tokenizer, SIZES[options.size]).to(options.device)
    train(model, tokenizer, SIZES[options.size], options)
    target = options.work / f"seed-{options.size}"
    model.to("cpu", torch.bfloat16).save_pretrained(target, safe_serialization=True)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    main()
