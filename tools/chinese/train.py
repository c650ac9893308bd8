"""Train the vectors of Chinese units: `python -m tools.chinese.train --data DIR --out FOLDER --minutes 8`.

The units are the characters of tools/characters.py and the most frequent pairs of characters. In-batch negatives,
symmetric cross entropy, cosine times 20. Prints dense nDCG@10 on the dev parts; the test parts are not read.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from retriever.models.chinese_encoder import GAIN, MAP, TABLE, ChineseEncoder
from retriever.models.delta import write_delta
from retriever.models.encoder_files import default_encoder, whole_tokenizer
from retriever.text.analysis import CJK
from tools.characters import gb2312
from tools.chinese.pairs import pairs
from tools.training_texts import load_texts, read_lines, train_texts

_RUN = re.compile(f"([{CJK}]+)|[^{CJK}]+")
_BATCH = 1024
_SCALE = 20.0
_RATES = {TABLE: 3e-3, MAP: 1e-4, GAIN: 1e-2}


def choose_units(data: Path, size: int) -> list[str]:
    """Return all hanzi of GB 2312, other frequent characters, and the most frequent pairs.

    Texts that read like answers count eight times as much as manuals and laws.
    """
    singles: Counter[str] = Counter()
    doubles: Counter[str] = Counter()
    for text in [*train_texts(data), *load_texts(data, "zh")]:
        if text.lang == "zh":
            weight = 1 if text.source == "load_corpus" else 8
            for run in re.findall(f"[{CJK}]+", text.text):
                singles.update(run)
                for pair in map("".join, pairwise(run)):
                    doubles[pair] += weight
    units = dict.fromkeys([*gb2312(), *(character for character, count in singles.most_common() if count >= 20)])
    units.update(dict.fromkeys(pair for pair, _ in doubles.most_common(size - len(units))))
    return list(units)


class Table(nn.Module):
    """The trainable twin of `ChineseEncoder`."""

    def __init__(self, units: list[str]) -> None:
        super().__init__()
        self._places = {unit: place for place, unit in enumerate(units)}
        self._tokenizer = whole_tokenizer(default_encoder())
        words = load_file(default_encoder() / "model.safetensors")["embeddings.word_embeddings.weight"].float()
        self._words = words
        self.table = nn.EmbeddingBag(len(units), words.shape[1], mode="sum")
        nn.init.normal_(self.table.weight, std=0.05)
        self.map = nn.Parameter(torch.eye(words.shape[1]) * 0.05 / words.std())
        self.gain = nn.Parameter(torch.zeros(len(words)))

    def forward(self, texts: list[str]) -> torch.Tensor:
        """Return rows (texts, dimension) of length one."""
        units: list[int] = []
        words: list[int] = []
        unit_starts, word_starts = [], []
        for text in texts:
            unit_starts.append(len(units))
            word_starts.append(len(words))
            for run in _RUN.finditer(text):
                if run[1] is None:
                    words += self._tokenizer.encode(run[0], add_special_tokens=False).ids
                else:
                    all_units = (*run[1], *map("".join, pairwise(run[1])))
                    units += [self._places[unit] for unit in all_units if unit in self._places]
        total = self.table(torch.tensor(units), torch.tensor(unit_starts))
        if words:
            ids = torch.tensor(words)
            gains = torch.exp(self.gain[ids])
            latin = nn.functional.embedding_bag(
                ids, self._words, torch.tensor(word_starts), mode="sum", per_sample_weights=gains
            )
            total = total + latin @ self.map
        return nn.functional.normalize(total, dim=-1)

    def save(self, folder: Path) -> None:
        """Write the table as `ChineseEncoder` reads it."""
        gains = torch.exp(self.gain).detach().numpy()
        tensors = {TABLE: self.table.weight.detach().numpy(), GAIN: gains, MAP: self.map.detach().numpy()}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "units.txt").write_text("\n".join(self._places) + "\n", encoding="utf-8")
        write_delta(folder / "delta.safetensors", tensors)


def dev_quality(encoder: ChineseEncoder, folder: Path) -> float:
    """Return dense nDCG@10 over documents on the dev part of a set."""
    owners: list[str] = []
    texts: list[str] = []
    for line in read_lines(folder / "corpus.jsonl"):
        whole = f"{line['title']}\n{line['text']}"
        parts = [whole[start : start + 240] for start in range(0, len(whole), 200)]
        owners += [line["_id"]] * len(parts)
        texts += parts
    relevant: dict[str, set[str]] = {}
    for row in (folder / "qrels" / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = row.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(document)
    asked = {line["_id"]: line["text"] for line in read_lines(folder / "queries.jsonl") if line["_id"] in relevant}
    scores = encoder.encode(list(asked.values())) @ encoder.encode(texts).T
    total = 0.0
    for number, query in enumerate(asked):
        ranked = list(dict.fromkeys(owners[place] for place in np.argsort(-scores[number])[:200]))[:10]
        gains = [1 / np.log2(2 + rank) for rank, document in enumerate(ranked) if document in relevant[query]]
        ideal = sum(1 / np.log2(2 + rank) for rank in range(min(10, len(relevant[query]))))
        total += sum(gains) / ideal
    return total / len(asked)


def train(table: Table, data: Path, minutes: float) -> int:
    """Train within the time budget and return the number of steps."""
    optimizer = torch.optim.Adam(
        [
            {"params": [dict(table.named_parameters())[name]], "lr": rate}
            for name, rate in (("table.weight", _RATES[TABLE]), ("map", _RATES[MAP]), ("gain", _RATES[GAIN]))
        ]
    )
    stream = pairs(data, random.Random(5))
    began = time.monotonic()
    steps = 0
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        for group, rate in zip(optimizer.param_groups, _RATES.values(), strict=True):
            group["lr"] = rate * min(1.0, share / 0.05) * (1 - share)
        batch = [next(stream) for _ in range(_BATCH)]
        scores = _SCALE * table([asked for asked, _ in batch]) @ table([text for _, text in batch]).T
        right = torch.arange(_BATCH)
        loss = (nn.functional.cross_entropy(scores, right) + nn.functional.cross_entropy(scores.T, right)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        if steps % 50 == 0:
            print(f"{share:.2f} step {steps} loss {loss.item():.3f}", flush=True)
    return steps


def main() -> None:
    """Train, write the delta, and print its quality as the product reads it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--units", type=int, default=35_000)
    options = parser.parse_args()
    torch.manual_seed(1)
    table = Table(choose_units(options.data, options.units))
    steps = train(table, options.data, options.minutes)
    table.save(options.out)
    encoder = ChineseEncoder(default_encoder() / "model.safetensors", whole_tokenizer(default_encoder()), options.out)
    size = (options.out / "delta.safetensors").stat().st_size / 1e6
    print(f"{steps} steps, {size:.1f} MB")
    for name in ("xquad_zh", "cmrc2018"):
        print(f"{name} dev nDCG@10 {dev_quality(encoder, options.data / name):.4f}")


if __name__ == "__main__":
    main()
