"""One thing of every kind in a domain, each with an id that paths can name."""

from __future__ import annotations

from writing import asks, begin_evaluation, new_model, put, write_adapter

from store.datasets import Example, create_dataset
from store.jobs import claim_job, create_job, finish_job
from store.models import publish_model
from store.releases import active_release, create_release
from store.store import Store


def fill(store: Store, domain_id: str, domain: str, text: str) -> dict[str, str]:
    """Put one thing of every kind into a domain and return their ids by what paths call them."""
    document = put(store, domain_id, f"{text}.md", f"The harbour belongs to {text}.")
    dataset = create_dataset(
        store, domain_id, f"faq-{text}", "qa", "human", [Example("1", "test", asks(text, text), {})]
    )
    job = create_job(store, "tune_generator", domain_id, {})
    claimed = claim_job(store)
    assert claimed is not None
    model = publish_model(store, claimed[1], new_model(domain_id, {document.id: 1}), write_adapter)
    finish_job(store, claimed[1], "succeeded")
    evaluation, lease = begin_evaluation(store, domain_id, dataset.id)
    finish_job(store, lease, "failed", error={"code": "x", "message": text})
    manifest = {**active_release(store, domain_id).manifest, "shots": 0}
    release = create_release(store, domain_id, {**manifest, "prompt": {"name": "x", "sha256": text}})
    return {
        "domain": domain, "document": document.id, "dataset": dataset.id, "job": job.id, "model": model.id,
        "release": release.id, "evaluation": evaluation.id, "key": job.id,
    }  # fmt: skip
