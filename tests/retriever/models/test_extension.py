"""Extensions: more characters for a BERT model, and changed weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from retriever.models.delta import write_delta
from retriever.models.encoder_files import default_encoder
from retriever.models.extension import ROWS, character_rows, extended_model, extended_tokenizer, read_characters
from retriever.weights import shipped


def test_added_characters_are_known_and_everything_else_stays_as_it_was() -> None:
    plain, extended = extended_tokenizer(default_encoder(), []), extended_tokenizer(default_encoder(), ["薪", "；"])

    assert plain.token_to_id("薪") is None
    assert extended.encode("薪；", add_special_tokens=False).tokens == ["薪", "；"]
    english = "How many days of annual leave, café?"
    assert extended.encode(english).ids == plain.encode(english).ids
    assert extended.get_vocab_size() == plain.get_vocab_size() + 2
    assert extended.truncation is None


def test_the_rows_are_the_added_characters_and_all_cjk_ones_of_the_vocabulary() -> None:
    tokenizer = extended_tokenizer(default_encoder(), ["薪", "；"])

    rows = character_rows(tokenizer, ["薪", "；"])

    assert rows == sorted(rows)
    assert {tokenizer.token_to_id(each) for each in ("薪", "；", "中")} <= set(rows)
    assert tokenizer.token_to_id("the") not in rows


def test_a_delta_changes_what_it_names_and_leaves_the_head_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "characters.txt").write_text("薪\n", encoding="utf-8")
    tokenizer = extended_tokenizer(default_encoder(), ["薪"])
    rows = character_rows(tokenizer, ["薪"])
    name = "encoder.layer.0.attention.self.query.bias"
    changes = {
        ROWS: np.full((len(rows), 384), 0.5, dtype=np.float32),
        name: np.ones(384, dtype=np.float32),
        "head.weight": np.zeros((2, 384), dtype=np.float32),
    }
    write_delta(tmp_path / "delta.safetensors", changes)

    model, head = extended_model(default_encoder(), tmp_path)

    before = AutoModel.from_pretrained(default_encoder(), local_files_only=True)
    words, old = model.embeddings.word_embeddings.weight, before.embeddings.word_embeddings.weight
    assert words[tokenizer.token_to_id("薪")][0].item() == pytest.approx(0.5, rel=1e-2)
    torch.testing.assert_close(words[tokenizer.token_to_id("the")], old[tokenizer.token_to_id("the")])
    parameters = dict(model.named_parameters())
    torch.testing.assert_close(parameters[name], dict(before.named_parameters())[name] + 1)
    assert head.keys() == {"head.weight"}


@pytest.mark.parametrize("name", ["reader", "chinese"])
def test_the_shipped_weights_are_at_most_eight_megabytes_and_have_a_card(name: str) -> None:
    folder = shipped(name)

    assert (folder / "delta.safetensors").stat().st_size <= 8_000_000
    assert "licence" in (folder / "README.md").read_text(encoding="utf-8").casefold()


def test_the_shipped_characters_are_single_and_unique() -> None:
    characters = read_characters(shipped("reader"))

    assert len(set(characters)) == len(characters) > 6000
    assert all(len(character) == 1 for character in characters)
