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
