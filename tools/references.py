"""Write the references of the shipped models: `python -m tools.references`.

Each holds inputs of known texts and what torch in float32 (numpy for the Chinese table) makes of them; at its start a
server compares what it computes itself. To be run again when weights, tokenizer or the known texts change.
"""

from __future__ import annotations

import numpy as np

from retriever.models.chinese_encoder import KNOWN, ChineseEncoder
from retriever.models.encoder_files import EncoderFiles, default_encoder, pooled_model, whole_tokenizer
from retriever.models.extension import extended_tokenizer, read_characters
from retriever.models.reference import REFERENCE, Reference, known_inputs
from retriever.models.span_reader import INPUTS, reader_module
from retriever.weights import shipped


def main() -> None:
    """Write three files."""
    base = default_encoder()
    inputs = known_inputs(whole_tokenizer(base), INPUTS[:2], pairs=False)
    minilm = Reference.of(pooled_model(EncoderFiles.read(base), "eager"), inputs)
    folder = shipped("reader")
    pairs = known_inputs(extended_tokenizer(base, read_characters(folder)), INPUTS, pairs=True)
    reader = Reference.of(reader_module(base, folder), pairs)
    table = ChineseEncoder(base / "model.safetensors", whole_tokenizer(base)).sums([KNOWN])
    chinese = Reference({}, np.asarray(table, dtype=np.float32))
    for name, reference in (("minilm", minilm), ("reader", reader), ("chinese", chinese)):
        reference.write(shipped(name) / REFERENCE)
        print(name, reference.output.shape)


if __name__ == "__main__":
    main()
