"""A question is answered from a document in another language, where the encoder compares languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import HashEncoder, WordReader
from handbook import BY_WORDS, pin

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.models.encoder import Vectors
from retriever.settings import RetrieverSettings
from store.store import Store

_ASKED = "How often is the boiler drained?"
_DOCUMENT = "锅炉每六个月排空一次。"


class _Topics(HashEncoder):
    """Texts point to what they speak of, in either language: boilers, chimneys or gates."""

    space_id = "spc_topics"
    dimension = 4

    def __init__(self, *, crosses_languages: bool) -> None:
        self.crosses_languages = crosses_languages

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        words = (("boiler", "锅炉"), ("chimney", "烟囱"), ("gate", "大门"))
        rows = [[0.1, *(float(any(word in text for word in pair)) for pair in words)] for text in texts]
        vectors = np.array(rows, np.float32).reshape(-1, 4)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("crosses", [True, False])
def test_what_stands_in_another_language_is_quoted_if_the_encoder_may_judge_it(tmp_path: Path, crosses: bool) -> None:
    store = Store.open(tmp_path)
    encoder = _Topics(crosses_languages=crosses)
    engine = Engine(store, RetrieverSettings(), GeneratorSettings(), encoder, WordReader())
    engine.create_domain("handbook")
    pin(engine, thresholds=BY_WORDS)
    engine.add("handbook", "boiler.md", _DOCUMENT)
    engine.add("handbook", "gate.md", "大门是红色的。")
    engine.add("handbook", "chimney.md", "The chimney is swept in May.")

    answer = engine.ask("handbook", _ASKED)
    other = engine.ask("handbook", "How long is the river?")
    engine.close()
    store.close()

    assert (answer.answer == f"{_DOCUMENT} [1]") is crosses
    assert answer.abstained is not crosses
    assert [each.quote for each in answer.citations] == [_DOCUMENT] * crosses
    assert other.abstained
