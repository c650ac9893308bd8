"""Small real models of three families, with trained tokenizers, and the GGUF files that llama.cpp would make of them.

Their weights are random, and such that bfloat16 keeps them: what is converted can be compared exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXTS = (
    "The office opens at nine and closes at five. Employees have twenty-five days of paid leave in 2026.",
    "员工每年享有十五天带薪年假，工作满十年后增加到二十天。办公室在每个工作日早上九点开门。",
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HEADERS = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
TURNS = (  # as Gemma's: there is no system role, and the roles take turns
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """A family: its control tokens (padding, begin, end of turn, others), template, and how words are cut."""

    name: str
    controls: tuple[str, ...]
    template: str
    cut: str  # as a GGUF file names it
    config: Callable[..., Any]

    @property
    def end(self) -> str:
        """The token that ends a turn."""
        return self.controls[2]


def _llama(**sizes: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(**sizes, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def _qwen(**sizes: int) -> Any:
    from transformers import Qwen2Config

    return Qwen2Config(**sizes, tie_word_embeddings=False, bos_token_id=None, eos_token_id=2, pad_token_id=0)


def _gemma(**sizes: int) -> Any:
    from transformers import Gemma3TextConfig

    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    return Gemma3TextConfig(**{"head_dim": 256, **sizes}, sliding_window=512, **ids)


FAMILIES = {
    row.name: row
    for row in (
        Family("llama", ("<|pad|>", "<|begin|>", "<|eot_id|>", "<|start_header_id|>"), HEADERS, "llama-bpe", _llama),
        Family("qwen2", ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), CHATML, "qwen2", _qwen),
        Family("gemma3", ("<pad>", "<bos>", "<end_of_turn>", "<start_of_turn>"), TURNS, "default", _gemma),
    )
}


def build_family(name: str, folder: Path, *, vocabulary: int = 420, **sizes: int) -> Path:
    """Save a model of two layers with its tokenizer and return the folder; equal input gives equal weights."""
    import torch
    from transformers import AutoModelForCausalLM

    family = FAMILIES[name]
    tokenizer = _tokenizer(family, vocabulary)
    torch.manual_seed(0)
    config = family.config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        **sizes,
    )
    config.initializer_range = 0.3
    model = AutoModelForCausalLM.from_config(config).to(torch.bfloat16)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:  # norms and biases, which begin as zeros or ones
                parameter.add_(torch.randn_like(parameter) / 8)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(family: Family, size: int) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    if family.name == "gemma3":
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        special, alphabet = [*family.controls, "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))], []
    else:
        tokenizer = Tokenizer(models.BPE())
        split = pre_tokenizers.Split(Regex(GGUF_PRE_TOKENIZER_SPLITS[family.cut]), behavior="isolated")
        bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_])
        tokenizer.decoder = decoders.ByteLevel()
        special, alphabet = [*family.controls], pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    content = json.loads(tokenizer.to_str())  # bytes are pieces as any other, which only the trainer takes for special
    content["added_tokens"] = [each for each in content["added_tokens"] if each["content"] in family.controls]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=family.controls[0],
        bos_token=family.controls[1],
        eos_token=family.end,
        additional_special_tokens=list(family.controls[3:]),
        chat_template=family.template,
        clean_up_tokenization_spaces=False,
    )
