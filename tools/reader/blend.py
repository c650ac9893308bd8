"""Blend two readers: `python -m tools.reader.blend --old READER --new CHECKPOINT --share .7 --out FOLDER`.

The mean of a model's weights before and after it was trained further keeps most of what it has learned and loses less
of what it could (Wortsman et al. 2022). CHECKPOINT is the checkpoint.safetensors of a training
that started from READER.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file

from tools.minilm import build, save

_ENCODER = "encoder."


def main() -> None:
    """Write the delta of `share` times the new weights and the rest of the old ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=Path, required=True)
    parser.add_argument("--new", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model, _, head = build(options.old / "characters.txt", options.old)
    old = {_ENCODER + name: tensor for name, tensor in model.state_dict().items()} | head
    new = load_file(options.new)
    blended = {
        name: options.share * new[name] + (1 - options.share) * tensor if tensor.is_floating_point() else tensor
        for name, tensor in old.items()
    }
    model.load_state_dict({name.removeprefix(_ENCODER): t for name, t in blended.items() if name.startswith(_ENCODER)})
    characters = (options.old / "characters.txt").read_text(encoding="utf-8")
    (options.out / "characters.txt").write_text(characters, encoding="utf-8")
    save(model, options.out / "delta.safetensors", {name: blended[name] for name in head})


if __name__ == "__main__":
    main()
