"""The formats of data set files: ONE table. A new one is a module beside this, which makes its row, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from store.errors import InvalidInputError
from tuner.data.formats.alpaca import ALPACA
from tuner.data.formats.alpaca_preference import ALPACA_PREFERENCE
from tuner.data.formats.autorag import AUTORAG
from tuner.data.formats.chat import CHAT
from tuner.data.formats.flag_embedding import FLAG_EMBEDDING
from tuner.data.formats.format import Format
from tuner.data.formats.llama_index import LLAMA_INDEX
from tuner.data.formats.ms_swift import MS_SWIFT
from tuner.data.formats.openai_preference import OPENAI_PREFERENCE
from tuner.data.formats.preference import PREFERENCE
from tuner.data.formats.prompt_completion import PROMPT_COMPLETION
from tuner.data.formats.qa import QA
from tuner.data.formats.ragas import RAGAS
from tuner.data.formats.ragchecker import RAGCHECKER
from tuner.data.formats.retrieval import RETRIEVAL
from tuner.data.formats.sharegpt import SHAREGPT
from tuner.data.formats.sharegpt_preference import SHAREGPT_PREFERENCE
from tuner.data.formats.squad import SQUAD
from tuner.data.formats.text import TEXT
from tuner.data.formats.triplets import TRIPLETS
from tuner.data.record import Record

# The first that detects a record reads it: those that ask for more fields stand before those that ask for fewer.
_ROWS = (
    SQUAD, RAGCHECKER, LLAMA_INDEX, AUTORAG, RAGAS, RETRIEVAL, OPENAI_PREFERENCE, MS_SWIFT, FLAG_EMBEDDING,
    SHAREGPT_PREFERENCE, SHAREGPT, ALPACA_PREFERENCE, ALPACA, PREFERENCE, PROMPT_COMPLETION, CHAT, TRIPLETS, QA, TEXT,
)  # fmt: skip
FORMATS: Mapping[str, Format] = MappingProxyType({row.name: row for row in _ROWS})


def format_of(name: str) -> Format:
    """Return the format of that name, or raise `InvalidInputError`."""
    if name not in FORMATS:
        raise InvalidInputError(f"There is no format {name[:80]!r}; there is {', '.join(FORMATS)}.", param="format")
    return FORMATS[name]


def detect(record: Record) -> Format | None:
    """Return the format that a record is written in, by its fields; None if it is none of them."""
    return next((row for row in FORMATS.values() if row.detects(record)), None)


def known_keys() -> str:
    """Return what the records of each format look like, a line each."""
    return "\n".join(f"  {row.name}: {row.keys}" for row in FORMATS.values())
