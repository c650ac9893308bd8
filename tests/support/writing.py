"""Short ways to fill a store in tests and see what is searchable: a passage is a line, a model is two small files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from fakes import HashEncoder, vectors_of

from store.awaited import add_awaited, awaited_contents
from store.documents import Cut, Document, get_document, make_all_searchable
from store.domains import Domain
from store.evaluations import Evaluation, create_evaluation, get_evaluation
from store.examples import QuestionContent
from store.fingerprints import Fingerprint
from store.jobs import Lease, claim_job, create_job, finish_job
from store.json_values import JsonObject
from store.lineage import Lineage
from store.models import Model, NewModel, publish_model
from store.passages import NewPassage, live_texts, read_contents, read_passages
from store.receiving import receive
from store.release_models import Models
from store.releases import Release, create_release
from store.store import Store

PASSAGE_SET = "set_lines"


def line_passages(text: str) -> list[NewPassage]:
    """Return the lines of a text as its passages."""
    passages, start = [], 0
    for line in text.split("\n"):
        passages.append(NewPassage(start, start + len(line), "", line))
        start += len(line) + 1
    return passages


def take(store: Store, domain_id: str, name: str, text: str) -> Document:
    """Receive a text document under the external id `name`."""
    return receive(store, domain_id, name, text.encode(), title=name, media_type="text/plain")[0]


def embed(store: Store, document: Document, text: str) -> Document:
    """Make this version of a document searchable and return the document's new state."""
    passages = line_passages(text)
    vectors = vectors_of(HashEncoder(), passages)
    missing = make_all_searchable(store, [Cut(document, text, passages)], PASSAGE_SET, vectors, HashEncoder.space_id)
    assert missing == set()
    return get_document(store, document.domain_id, document.id)


def by_words(store: Store, document: Document, text: str) -> Document:
    """Make this version searchable by its words, its vectors awaited; return the document's new state."""
    cut = Cut(document, text, line_passages(text))
    assert not make_all_searchable(store, [cut], PASSAGE_SET, {}, HashEncoder.space_id, vectors_later=True)
    return get_document(store, document.domain_id, document.id)


def embed_awaited(store: Store, domain_id: str, limit: int) -> int:
    """Store the vectors of the first texts that await one; return how many."""
    contents = awaited_contents(store, domain_id, HashEncoder.space_id, limit)
    vectors = vectors_of(HashEncoder(), [NewPassage(0, 0, "", content) for content in contents])
    return add_awaited(store, domain_id, vectors, HashEncoder.space_id, {})


def put(store: Store, domain_id: str, name: str, text: str) -> Document:
    """Receive a text document and make it searchable."""
    return embed(store, take(store, domain_id, name, text), text)


def searchable(store: Store, domain: Domain) -> set[str]:
    """Return the contents that are searchable in a domain; each of them has an owner."""
    live = live_texts(store, domain.id, PASSAGE_SET).live
    owned = {passage.text_id for passage in read_passages(store, domain.id, live, PASSAGE_SET)}
    assert owned == live
    return {content for _, content in read_contents(store, live)}


def asks(question: str, *answers: str) -> QuestionContent:
    """Return the content of an example that asks this, with its gold answers."""
    return QuestionContent(question=question, answers=list(answers))


def begin_job(store: Store, domain_id: str) -> Lease:
    """Queue a tuning job and claim it; no other may be waiting."""
    job = create_job(store, "tune", domain_id, {})
    claimed = claim_job(store)
    assert claimed is not None
    assert claimed[0].id == job.id
    return claimed[1]


def begin_evaluation(store: Store, domain_id: str, dataset_id: str = "ds_1") -> tuple[Evaluation, Lease]:
    """Queue an evaluation and claim its job; no other may be waiting."""
    evaluation = create_evaluation(store, domain_id, {"dataset": dataset_id})
    claimed = claim_job(store)
    assert claimed is not None
    assert claimed[0].id == evaluation.job_id
    return get_evaluation(store, evaluation.id), claimed[1]


def new_model(
    domain_id: str, documents: Mapping[str, int], questions: Sequence[tuple[str, Fingerprint]] = ()
) -> NewModel:
    """Return the description of an adapter that learned from `documents` and was asked `questions`."""
    lineage = Lineage(method="lines", settings={"seed": 1})
    return NewModel("adapter", domain_id, "mdl_base", lineage, {"accuracy": 0.5}, documents, questions)


def write_adapter(folder: Path) -> None:
    """Write files like those of an adapter."""
    (folder / "adapter_config.json").write_text('{"r": 8}')
    (folder / "adapter_model.safetensors").write_bytes(bytes(range(256)) * 8)


def using(store: Store, domain_id: str, more: JsonObject | None = None, **models: str) -> Release[JsonObject]:
    """Store a release with these registered models, by role, and what `more` adds to its manifest."""
    return create_release(store, domain_id, {**(more or {}), **models}, cast("Models", models))


def tune(store: Store, domain_id: str, *documents: Document) -> Model:
    """Run a tuning job that learns from these documents and return its model."""
    lease = begin_job(store, domain_id)
    learned = {document.id: document.version for document in documents}
    model = publish_model(store, lease, new_model(domain_id, learned), write_adapter)
    finish_job(store, lease, "succeeded")
    return model
