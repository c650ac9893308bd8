"""MiniLM with further characters: its vocabulary knows few Chinese ones and turns the rest into unknown tokens.

An extension is a folder with `characters.txt` (one added character per line) and `delta.safetensors` (what training
changed, see `retriever.models.delta`). Only the rows of CJK characters change in the word embeddings; other words keep
theirs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.models.delta import read_delta
from retriever.models.quiet import quiet_transformers
from retriever.text.analysis import is_cjk

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

ROWS = "rows"  # in a delta: the embeddings of the characters, in the order of `character_rows`


def extended_tokenizer(folder: Path, characters: list[str]) -> Tokenizer:
    """Return the tokenizer of a BERT model with further characters, without truncation and padding."""
    from tokenizers import Tokenizer

    description = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = description["model"]["vocab"]
    for character in characters:
        vocabulary.setdefault(character, len(vocabulary))
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def character_rows(tokenizer: Tokenizer, characters: list[str]) -> list[int]:
    """Return the ids, ascending, of the rows that an extension trains: those of its characters and of all other CJK."""
    added = set(characters)
    vocabulary = tokenizer.get_vocab()
    return sorted(n for token, n in vocabulary.items() if token in added or (len(token) == 1 and is_cjk(token)))


def read_characters(extension: Path) -> list[str]:
    """Return the characters that an extension adds, in the order of their ids."""
    return (extension / "characters.txt").read_text(encoding="utf-8").split()


def extended_model(folder: Path, extension: Path) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """Return the BERT model of a folder with an extension applied, and what the delta holds beside it: a head."""
    import torch
    from transformers import AutoModel

    characters = read_characters(extension)
    tokenizer = extended_tokenizer(folder, characters)
    with quiet_transformers():
        model = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager")
    changes = {name: torch.from_numpy(change) for name, change in read_delta(extension / "delta.safetensors").items()}
    rows = changes.pop(ROWS)
    words = model.embeddings.word_embeddings
    wider = torch.zeros((tokenizer.get_vocab_size(), words.embedding_dim))
    wider[: words.num_embeddings] = words.weight.detach()
    places = torch.tensor(character_rows(tokenizer, characters))
    wider[places] = rows
    model.embeddings.word_embeddings = torch.nn.Embedding(wider.shape[0], wider.shape[1], _weight=wider)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name in [name for name in changes if name in parameters]:
            parameters[name] += changes.pop(name)
    return model, changes
