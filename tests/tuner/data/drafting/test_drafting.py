"""The job `draft`: what stays leads back to its place, is anchored there, and waits for a review."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.models.encoder import Encoder
from retriever.models.span_reader import OpenVinoReader
from retriever.settings import RetrieverSettings
from store.datasets import get_dataset, list_examples
from store.errors import UnprocessableError
from store.jobs import claim_job, create_job
from store.progress import Progress
from store.store import Store
from tuner.data.drafting.drafting import DraftSection, run_drafting

FAQ = """# Ferry

## Can I bring my dog on the ferry?

Dogs travel free of charge on the lower deck.

## How do I get to the harbour of Norholm?

Take bus 12 from the market square.
"""


def drafted(store: Store, domain_id: str, retriever: RetrieverSettings, count: int) -> dict[str, int]:
    create_job(store, "draft", domain_id, {"name": "drafts", "count": count})
    claimed = claim_job(store)
    assert claimed is not None
    section = DraftSection(generator=GeneratorSettings(), retriever=retriever)
    return run_drafting(section, store, Progress(store, *claimed, interval_s=0)).questions


def test_what_is_drafted_is_anchored_and_waits_for_a_review(
    tmp_path: Path, retriever_settings: RetrieverSettings, minilm: Encoder, reader: OpenVinoReader
) -> None:
    store = Store.open(tmp_path / "home")
    engine = Engine(store, retriever_settings, GeneratorSettings(), minilm, reader)
    domain = engine.create_domain("ferry")
    document = engine.add("ferry", "faq.md", FAQ)
    engine.close()

    questions = drafted(store, domain.id, retriever_settings, 5)

    dataset = get_dataset(store, domain.id, "drafts")
    examples = list_examples(store, dataset.id)
    assert questions == {"faq": 2}
    assert (dataset.origin, dataset.drafts) == ("synthetic", 2)
    assert dataset.warnings[0].startswith("Drafted by rule, without a language model: 2 faq.")
    for each in examples:
        asked = each.content.asked() if each.content else None
        ((start, end),) = each.spans[document.id]
        assert asked is not None
        assert [FAQ[start:end]] == asked[1]
        assert (each.review, each.documents) == ("draft", {document.id: 1})
    store.close()


def test_a_domain_with_nothing_to_ask_says_so(store: Store, retriever_settings: RetrieverSettings) -> None:
    engine = Engine(store, retriever_settings, GeneratorSettings())
    domain = engine.create_domain("empty")
    engine.close(checkpoint=False)

    with pytest.raises(UnprocessableError, match="No rule finds a question") as caught:
        drafted(store, domain.id, retriever_settings, 5)

    assert caught.value.code == "nothing_to_draft"
