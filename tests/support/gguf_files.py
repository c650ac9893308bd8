"""GGUF files as llama.cpp makes them of the small models of `families`, written by its own package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from families import FAMILIES

_LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
_GEMMA_NORMS = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
_OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_CONTROL, _BYTE, _NORMAL = 3, 6, 1


def write_gguf(name: str, folder: Path, path: Path, *, without: str = "", cut: str | None = None) -> Path:
    """Write the model in `folder` as a GGUF file, but for the tensor `without`; `cut` says how words are cut."""
    from gguf import GGUFWriter

    family = FAMILIES[name]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = GGUFWriter(path, name)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(config["vocab_size"])
    if name == "gemma3":
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
        writer.add_sliding_window(512)
    _add_tokenizer(writer, folder, family.cut if cut is None else cut, spm=name == "gemma3")
    for tensor, values in _tensors(name, folder, config).items():
        if tensor != without:
            writer.add_tensor(tensor, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer: Any, folder: Path, cut: str, *, spm: bool) -> None:
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    controls = {each["content"] for each in content["added_tokens"]}
    kinds = [_CONTROL if token in controls else _BYTE if token.startswith("<0x") else _NORMAL for token in tokens]
    writer.add_tokenizer_model("llama" if spm else "gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    if spm:
        writer.add_token_scores([-float(index) for index in range(len(tokens))])
    else:
        writer.add_token_merges([" ".join(pair) for pair in content["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(vocabulary.get("<unk>", 0))
    writer.add_add_space_prefix(False)  # noqa: FBT003  (so it is called)
    writer.add_chat_template((folder / "chat_template.jinja").read_text(encoding="utf-8"))


def _tensors(name: str, folder: Path, config: dict[str, int]) -> dict[str, npt.NDArray[np.float32]]:
    from safetensors.torch import load_file

    found = {}
    for full, tensor in load_file(folder / "model.safetensors").items():
        owner, kind = full.rsplit(".", 1)
        values = tensor.float().numpy()
        if name == "llama" and owner.endswith(("q_proj", "k_proj")):  # llama.cpp pairs neighbours where it rotates
            heads = config["num_attention_heads" if owner.endswith("q_proj") else "num_key_value_heads"]
            halves = values.reshape(heads, 2, values.shape[0] // heads // 2, -1)
            values = np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(values.shape)
        if name == "gemma3" and owner.endswith("norm"):
            values = values + 1  # Gemma multiplies by one more than is kept, llama.cpp by what is kept
        found[f"{_renamed(owner, name)}.{kind}"] = values
    return found


def _renamed(owner: str, family: str) -> str:
    if owner in _OUTER:
        return _OUTER[owner]
    _, _, layer, part = owner.split(".", 3)
    names = _LAYER | (_GEMMA_NORMS if family == "gemma3" else {})
    return f"blk.{layer}.{names[part]}"
