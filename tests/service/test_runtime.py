"""What a server does at its start with a data folder that an earlier version made."""

from __future__ import annotations

from pathlib import Path

from earlier import folder_of_0005
from fakes import HashEncoder, WordReader

from service.runtime import Loaded, open_runtime
from service.settings import Settings
from store.domains import get_domain
from store.jobs import list_jobs


def test_documents_that_an_earlier_version_cut_get_one_visible_job(tmp_path: Path) -> None:
    home = folder_of_0005(tmp_path / "home")

    for _ in range(2):
        loaded = Loaded(HashEncoder(), WordReader())
        with open_runtime(Settings(home=home), "http://127.0.0.1:1", only_asked=True, loaded=loaded) as runtime:
            domain = get_domain(runtime.store, "handbook")
            jobs = [job for job in list_jobs(runtime.store) if job.status == "queued"]

        assert [(job.kind, job.domain_id) for job in jobs] == [("ingest", domain.id)]
