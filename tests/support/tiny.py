"""A causal model with random weights and a tokenizer of its own: it loads, writes and can be trained, in no time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.seed_model.tokenizer import train_tokenizer


def build_tiny_model(
    folder: Path,
    texts: Sequence[str],
    *,
    vocabulary: int = 1000,
    hidden: int = 32,
    context: int = 1024,
    spread: float = 0.02,
    tied: bool = True,
) -> Path:
    """Save a Llama of two layers with its tokenizer and return the folder; equal input gives equal weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    tokenizer = train_tokenizer(texts, vocabulary, context)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=context,
        initializer_range=spread,
        tie_word_embeddings=tied,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def build_family(folder: Path, family: str) -> Path:
    """Save a model of two layers of another family, with random weights and the tokenizer of `build_tiny_model`.

    Those that have windows see fewer tokens than a test writes.
    """
    import torch
    import transformers as hf

    tokenizer = train_tokenizer(("The office opens at nine. 办公室早上九点开门。",), 300, 256)
    torch.manual_seed(1)
    sizes = {
        "vocab_size": 300,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 256,
        "initializer_range": 0.4,
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": None,
    }
    windowed = {"sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"]}
    long = {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4, "factor": 2.0}
    long |= {"original_max_position_embeddings": 16, "rope_theta": 10_000.0}
    configs = {
        "gemma2": lambda: hf.Gemma2Config(**sizes, **windowed, attn_logit_softcapping=2.0),
        "gemma3": lambda: hf.Gemma3TextConfig(**sizes, **windowed),
        "qwen2": lambda: hf.Qwen2Config(**sizes),
        "mistral": lambda: hf.MistralConfig(**sizes, sliding_window=6),
        "longrope": lambda: hf.LlamaConfig(**sizes, rope_parameters=long),
        "gpt2": lambda: hf.GPT2Config(
            vocab_size=300, n_positions=256, n_embd=32, n_layer=2, n_head=4, initializer_range=0.4
        ),
        "bloom": lambda: hf.BloomConfig(vocab_size=300, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.4),
    }
    hf.AutoModelForCausalLM.from_config(configs[family]()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
