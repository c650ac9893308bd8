"""What a start of the owner removes, and what it keeps."""

from __future__ import annotations

from pathlib import Path

from store.documents import delete_document
from store.domains import Domain
from store.jobs import claim_job, create_job, get_job
from store.models import NewModel, publish_model
from store.receiving import receive
from store.recovery import recover
from store.store import Store
from store.verify import verify_store


def test_the_original_of_a_deleted_document_does_not_outlive_a_crash(store: Store, domain: Domain) -> None:
    kept, _ = receive(store, domain.id, "kept.txt", b"kept", title="kept", media_type="text/plain")
    gone, _ = receive(store, domain.id, "gone.txt", b"secret", title="gone", media_type="text/plain")
    delete_document(store, domain.id, gone.id)
    store.folder.write_blobs([b"secret"])  # as if the process had died between the commit and the removal

    recover(store)

    assert not store.folder.blob(gone.sha256).exists()
    assert store.folder.blob(kept.sha256).read_bytes() == b"kept"
    assert verify_store(store) == []


def test_artifacts_without_a_row_go_and_registered_ones_stay(store: Store, domain: Domain) -> None:
    create_job(store, "tune_generator", domain.id, {})
    claimed = claim_job(store)
    assert claimed is not None

    def fill(folder: Path) -> None:
        (folder / "weights").write_bytes(b"1")

    model = publish_model(store, claimed[1], NewModel("adapter", domain.id, "mdl_base", {}, {}, {}), fill)
    (store.folder.artifacts / "mdl_left").mkdir()

    recover(store)

    assert [path.name for path in store.folder.artifacts.iterdir()] == [model.id]
    assert get_job(store, claimed[0].id).status == "queued"
    recover(store)
    assert verify_store(store) == []
