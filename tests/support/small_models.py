"""Encoders and cross-encoders of one layer with random weights: as good as any to compare two ways of computing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from retriever.models.encoder_files import default_encoder


def small_encoder(folder: Path, pooling: str = "pooling_mode_mean_tokens", longest: int = 64, seed: int = 3) -> Path:
    """Save a BERT as a sentence-transformers folder with prompts; it reads `longest` tokens."""
    import torch
    from transformers import BertConfig, BertModel

    shutil.copytree(default_encoder(), folder, ignore=shutil.ignore_patterns("*.safetensors", "*.md"))
    torch.manual_seed(seed)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(**{**config, **small, "initializer_range": 0.5})).save_pretrained(folder)
    modes = {"pooling_mode_mean_tokens": False, pooling: True, "word_embedding_dimension": 32}
    path = folder / "1_Pooling" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **modes}), encoding="utf-8")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": longest}), encoding="utf-8")
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), encoding="utf-8")
    return folder


def add_modules(folder: Path, poolings: Sequence[str], layers: Sequence[int | None]) -> Path:
    """Let a small encoder pool in several ways and go on through layers: dense to so many numbers, or a norm (None)."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling

    size = 32 * len(poolings)
    modules: list[tuple[str, str]] = [("Transformer", ""), ("Pooling", "1_Pooling")]
    Pooling(32, pooling_mode=tuple(poolings)).save(str(folder / "1_Pooling"))
    torch.manual_seed(5)
    activations = cycle((torch.nn.Tanh(), torch.nn.Identity(), torch.nn.GELU()))
    for number, outputs in enumerate(layers, start=2):
        name = f"{number}_{'Dense' if outputs else 'Normalize'}"
        (folder / name).mkdir()
        layer = Dense(size, outputs, number % 2 == 0, next(activations)) if outputs else Normalize()
        layer.save(str(folder / name))
        modules.append((name[2:], name))
        size = outputs or size
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, (kind, path) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed), encoding="utf-8")
    return folder


def small_cross_encoder(folder: Path, outputs: int = 1, seed: int = 3) -> Path:
    """Save a sequence classifier with MiniLM's tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=outputs,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((default_encoder() / "tokenizer.json").read_bytes())
    return folder
