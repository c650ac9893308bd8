"""Batches of examples, of about equal length and a fixed number of tokens, made in worker processes if wanted."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from tools.seed_model.corpus import read_corpus
from tools.seed_model.sizes import Size
from tools.seed_model.tasks import Example, Tasks

IGNORED = -100
Batch = tuple[torch.Tensor, torch.Tensor]  # ids and labels, (rows, tokens); labels are IGNORED outside of replies
_POOL = 400  # examples that are sorted by length together


class Batches(IterableDataset[Batch]):
    """Batches without end. `share` is a tensor in shared memory that says how far training is, 0 to 1."""

    def __init__(self, work: Path, tokenizer: Path, size: Size, seed: int, share: torch.Tensor) -> None:
        self._work, self._tokenizer, self._size, self._seed, self._share = work, tokenizer, size, seed, share

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        tasks = Tasks(*read_corpus(self._work), seed=self._seed * 1000 + (worker.id if worker else 0))
        tokenizer = AutoTokenizer.from_pretrained(self._tokenizer, local_files_only=True)
        chance = random.Random(self._seed)
        while True:
            tasks.share = float(self._share)
            cut = batches(tokenizer, list(itertools.islice(tasks, _POOL)), self._size)
            chance.shuffle(cut)
            yield from cut


def load_batches(batches_: Batches, workers: int) -> Iterator[Batch]:
    """Return an iterator over batches; with 0 workers they are made in this process."""
    return iter(DataLoader(batches_, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None))


def batches(tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example], size: Size) -> list[Batch]:
    """Return the examples that fit the context, short ones first, in batches of at most `size.batch_tokens`."""
    rows = [row for row in encode(tokenizer, examples) if len(row[0]) <= size.context]
    cut: list[list[tuple[list[int], int]]] = [[]]
    for row in sorted(rows, key=lambda row: len(row[0])):
        if (len(cut[-1]) + 1) * len(row[0]) > size.batch_tokens:
            cut.append([])
        cut[-1].append(row)
    return [_padded(group, int(tokenizer.pad_token_id)) for group in cut if group]


def encode(tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example]) -> list[tuple[list[int], int]]:
    """Return the token ids of each example, and at which of them its reply begins."""
    heads = [
        tokenizer.apply_chat_template(each.messages, tokenize=False, add_generation_prompt=True) for each in examples
    ]
    tails = [f" {each.reply}{tokenizer.eos_token}" for each in examples]
    first = tokenizer(heads, add_special_tokens=False)["input_ids"]
    second = tokenizer(tails, add_special_tokens=False)["input_ids"]
    return [(head + tail, len(head)) for head, tail in zip(first, second, strict=True)]


def _padded(rows: Sequence[tuple[list[int], int]], pad: int) -> Batch:
    width = max(len(ids) for ids, _ in rows)
    found = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), IGNORED)
    for row, (ids, start) in enumerate(rows):
        found[row, : len(ids)] = torch.tensor(ids)
        labels[row, start : len(ids)] = torch.tensor(ids[start:])
    return found, labels
