"""Training goes on from a reader: its weights, its characters and its head are taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from retriever.models.encoder_files import default_encoder
from retriever.models.extension import character_rows, extended_model
from retriever.weights import shipped
from tools.minilm import build


def test_a_build_that_starts_from_a_reader_computes_what_the_reader_computes(minilm: object) -> None:
    assert minilm is not None
    folder = shipped("reader")
    model, tokenizer, head = build(folder / "characters.txt", folder)
    known, known_head = extended_model(default_encoder(), folder)
    encoding = tokenizer.encode("开放时间 of the boat house", "The boat house 每天九点开门。")
    ids = torch.tensor([encoding.ids])

    with torch.no_grad():
        states = model.eval()(input_ids=ids).last_hidden_state
        expected = known.eval()(input_ids=ids).last_hidden_state

    assert torch.allclose(states, expected, atol=1e-4)
    assert {name: tensor.tolist() for name, tensor in head.items()} == {
        name: tensor.tolist() for name, tensor in known_head.items()
    }


def test_characters_may_be_added_behind_those_of_the_reader_but_not_before(minilm: object, tmp_path: Path) -> None:
    assert minilm is not None
    folder = shipped("reader")
    known = (folder / "characters.txt").read_text(encoding="utf-8").split()
    grown, mixed = tmp_path / "grown.txt", tmp_path / "mixed.txt"
    grown.write_text("\n".join([*known, "꧁"]), encoding="utf-8")
    mixed.write_text("\n".join(["꧁", *known]), encoding="utf-8")

    model, tokenizer, _ = build(grown, folder)

    assert len(model.embeddings.word_embeddings.rows) == len(character_rows(tokenizer, [*known, "꧁"]))
    with pytest.raises(ValueError, match="are not the first ones"):
        build(mixed, folder)
