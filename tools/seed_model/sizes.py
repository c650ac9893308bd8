"""The sizes of the seed model: `small` trains on a CPU in two hours, `full` needs a GPU for half an hour."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import LlamaConfig


@dataclass(frozen=True)
class Size:
    """The shape of a Llama with tied embeddings, and how it is trained."""

    vocabulary: int
    hidden: int
    inner: int
    layers: int
    heads: int
    batch_tokens: int
    context: int = 1024

    def config(self, end: int, pad: int) -> LlamaConfig:
        """Return the configuration for transformers; `end` and `pad` are token ids."""
        return LlamaConfig(
            vocab_size=self.vocabulary,
            hidden_size=self.hidden,
            intermediate_size=self.inner,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.heads,
            max_position_embeddings=self.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=end,
            pad_token_id=pad,
        )


SIZES = {
    "small": Size(8192, 192, 512, 4, 6, batch_tokens=8192),  # 3.3 million parameters
    "full": Size(12288, 320, 800, 10, 10, batch_tokens=65536),  # 15.7 million
}
