"""Known texts and what float32 makes of them: by these a machine that computes wrongly is found before it serves.

Shipped models have a reference that is shipped with them (`tools/references.py`); a model of one's own gets one from
torch when it is converted, kept in the converted folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from store.errors import ComputationError

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding, Tokenizer

Tokens = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

REFERENCE = "reference.json"
# The most by which a result may differ, as a share of its length; of a vector .1 is a cosine of .995, .3 one of .955.
TOLERANCE: Mapping[str, float] = {"f32": 0.01, "bf16": 0.1, "int8": 0.3}
_QUESTION = "When does the last ferry leave?"
_PASSAGES = (
    "The last ferry leaves at nine.",
    "Children pay half of the 12 crowns that a single ticket costs on board.",
)
_KINDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


@dataclass(frozen=True, eq=False)
class Reference:
    """Inputs of a model, padded at the end, and its output; a question comes first."""

    inputs: Mapping[str, Tokens]
    output: Floats

    @classmethod
    def read(cls, path: Path) -> Reference:
        """Return what `write` wrote."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        inputs = {name: np.array(rows, dtype=np.int64) for name, rows in kept["inputs"].items()}
        return cls(inputs, np.array(kept["output"], dtype=np.float32))

    @classmethod
    def of(cls, model: torch.nn.Module, inputs: Mapping[str, Tokens]) -> Reference:
        """Return what a torch module, whose parameters are named as the inputs, makes of them."""
        import torch

        with torch.inference_mode():
            output = model(**{name: torch.from_numpy(rows) for name, rows in inputs.items()})
        return cls(inputs, output.float().cpu().numpy())

    def write(self, path: Path) -> None:
        """Write it as JSON, numbers with six decimals."""
        output = self.output.astype(np.float64).round(6).tolist()
        kept = {"inputs": {name: rows.tolist() for name, rows in self.inputs.items()}, "output": output}
        path.write_text(json.dumps(kept) + "\n", encoding="utf-8")

    def error(self, infer: Callable[[Mapping[str, Tokens]], Floats], longest: int | None = None) -> float:
        """Return by how much the output of `infer` differs, infinity if it is not finite or of another shape.

        With `longest`, of the first text alone, cut or padded to so many tokens; 0 if it had to be cut.
        """
        size = int(self.inputs["attention_mask"][0].sum()) if self.inputs else 0
        if longest is not None and size > longest:
            return 0.0
        texts = slice(None) if longest is None else slice(0, 1)
        inputs = {name: rows[texts] for name, rows in self.inputs.items()}
        if longest is not None:
            inputs = {name: np.pad(rows[:, :size], ((0, 0), (0, longest - size))) for name, rows in inputs.items()}
        try:
            found = infer(inputs)
        except ComputationError:
            return float("inf")
        expected = self.output[texts]
        if expected.ndim == 3:  # a number for each token: those of the padding mean nothing
            mask = inputs["attention_mask"] > 0
            if found.shape[:2] != mask.shape:
                return float("inf")
            expected, found = expected[:, : mask.shape[1]][mask[:, : expected.shape[1]]], found[mask]
        if found.shape != expected.shape:
            return float("inf")
        off = float(np.linalg.norm(found - expected)) / max(1.0, float(np.linalg.norm(expected)))
        return off if np.isfinite(off) else float("inf")


def known_inputs(tokenizer: Tokenizer, names: Sequence[str], *, pairs: bool) -> dict[str, Tokens]:
    """Return the inputs of those names for the known texts, or for pairs of the question and each passage."""
    paired = [(_QUESTION, passage) for passage in _PASSAGES]
    texts: Sequence[str | tuple[str, str]] = paired if pairs else [_QUESTION, *_PASSAGES]
    encodings: list[Encoding] = tokenizer.encode_batch(texts)
    longest = max(len(encoding.ids) for encoding in encodings)
    inputs = {name: np.zeros((len(texts), longest), dtype=np.int64) for name in names}
    for row, encoding in enumerate(encodings):
        for name in names:
            inputs[name][row, : len(encoding.ids)] = getattr(encoding, _KINDS[name])
    return inputs
