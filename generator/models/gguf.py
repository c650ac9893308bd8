"""One GGUF file to one folder: `python -m generator.models.gguf FILE FOLDER`; the reason of a failure is the last line.

transformers reads the file. What it does not read as llama.cpp does is mended here, and what would go wrong silently
is refused: tensors that are missing, a way of cutting words that is not known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import InvalidInputError

if TYPE_CHECKING:
    import torch

_BYTE_LEVEL = "gpt2"  # how GGUF calls byte-level BPE; the others do not cut words before their merges
_CUT_AS_GPT2 = {"gpt-2"}
_SINGLE_DIGITS = {"smollm"}  # digits one by one, then as GPT-2 does
_OF_THE_READER = {"quantization_config", "transformers_version", "_name_or_path", "_model_name_or_path"}
_FIELDS = ("tokenizer.ggml.model", "tokenizer.ggml.pre")


def write_folder(source: Path, folder: Path) -> None:
    """Write the model of a GGUF file. Raises `InvalidInputError` if it cannot be used."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = {"gguf_file": source.name, "local_files_only": True}
    kind, cut = _tokenizer_fields(source)
    tokenizer = AutoTokenizer.from_pretrained(source.parent, **place)
    tokenizer.save_pretrained(folder)
    if kind == _BYTE_LEVEL:
        _mend_cutting(folder / "tokenizer.json", cut)
    model, report = AutoModelForCausalLM.from_pretrained(
        source.parent, dtype=torch.float32, output_loading_info=True, **place
    )
    if missing := sorted(report["missing_keys"]):
        raise InvalidInputError(f"it lacks {len(missing)} tensors of a {type(model).__name__}, as {missing[0]}")
    config = model.config
    scale = getattr(config, "query_pre_attn_scalar", None)  # no file says it, and the reader takes that of small models
    if scale is not None and scale != config.head_dim:
        raise InvalidInputError("it does not say by what its attention is scaled: take the folder with safetensors")
    _write_weights(model, folder / "model.safetensors")
    kept = {
        name: value
        for name, value in config.to_diff_dict().items()
        # The same model on every machine: nothing of the file's name or of the library that read it.
        if name not in _OF_THE_READER
    }
    _write_json(folder / "config.json", {**kept, "architectures": [type(model).__name__], "dtype": "bfloat16"})
    ends = {name: getattr(config, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    _write_json(folder / "generation_config.json", {name: end for name, end in ends.items() if end is not None})


def _tokenizer_fields(source: Path) -> tuple[str, str]:
    """Return the kind of the tokenizer, and how it cuts a text into words before it merges them."""
    from transformers.integrations.gguf.reader import read_gguf_metadata  # skips the vocabulary: `gguf` takes seconds

    fields, _ = read_gguf_metadata(str(source))
    kind, cut = (str(fields.get(name, "")) for name in _FIELDS)
    return kind, cut


def _mend_cutting(path: Path, cut: str) -> None:
    """Let a byte-level tokenizer cut words as the file says."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    if cut in _SINGLE_DIGITS:
        content = json.loads(path.read_text(encoding="utf-8"))
        words = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        digits = {"type": "Digits", "individual_digits": True}
        content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [digits, words]}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    elif cut not in _CUT_AS_GPT2 and cut not in GGUF_PRE_TOKENIZER_SPLITS:
        known = ", ".join(sorted({*_CUT_AS_GPT2, *_SINGLE_DIGITS, *GGUF_PRE_TOKENIZER_SPLITS}))
        message = f"its tokenizer cuts words in a way that is not known here, {cut!r}; known are {known}"
        raise InvalidInputError(f"{message}. Take the folder of the model with safetensors and tokenizer.json")


def _write_weights(model: torch.nn.Module, path: Path) -> None:
    """Write the weights as bfloat16, those that are the same tensor once."""
    import torch
    from safetensors.torch import save_file

    tensors: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            tensors[name] = tensor.to(torch.bfloat16).contiguous()
            if not bool(tensors[name].isfinite().all()):
                raise InvalidInputError(f"its tensor {name} holds numbers that are not finite")
    save_file(tensors, path, metadata={"format": "pt"})


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _main(source: str, folder: str) -> int:
    from retriever.models.quiet import quiet_transformers

    try:
        with quiet_transformers():
            write_folder(Path(source), Path(folder))
    except InvalidInputError as error:
        sys.stderr.write(f"{error.message}.\n")
        return 1
    except (ImportError, OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, IndexError) as error:
        sys.stderr.write(f"{type(error).__name__}: {' '.join(str(error).split())}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], sys.argv[2]))
