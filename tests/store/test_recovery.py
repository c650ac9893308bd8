"""What a start of the owner takes away, and what it keeps."""

from __future__ import annotations

from pathlib import Path

from store.domains import Domain
from store.jobs import claim_job, create_job, get_job
from store.lineage import Lineage
from store.models import NewModel, publish_model
from store.recovery import recover
from store.store import Store
from store.verify import verify_store


def test_artifacts_without_a_row_are_moved_aside_and_registered_ones_stay(store: Store, domain: Domain) -> None:
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None

    def fill(folder: Path) -> None:
        (folder / "weights").write_bytes(b"1")

    model = publish_model(store, claimed[1], NewModel("adapter", domain.id, "mdl_base", Lineage(), {}, {}), fill)
    (store.folder.artifacts / "mdl_left").mkdir()

    recover(store)

    assert [path.name for path in store.folder.artifacts.iterdir()] == [model.id]
    assert [path.name for path in store.folder.aside.glob("*/artifacts/*")] == ["mdl_left"]
    assert get_job(store, claimed[0].id).status == "queued"
    recover(store)
    assert verify_store(store) == []
