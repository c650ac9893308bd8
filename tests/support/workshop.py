"""A domain in which an adapter can be tuned: documents, questions about them, and a tiny base model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.engine import Engine
from store.datasets import Dataset, usable_examples
from store.domains import Domain
from store.errors import TandemError
from store.jobs import Job, Lease, claim_job, create_job, finish_job, get_job
from store.models import Model, get_model, model_folder
from store.progress import CancelledError, Progress
from store.store import Store
from tuner.data.rows import Conversation, build_conversations
from tuner.method import Source
from tuner.run import run_tuning
from tuner.settings import TuneSection

QUESTIONS: list[dict[str, Any]] = [
    {"question": "When does the night shift begin?", "answers": ["ten in the evening"], "documents": ["0.txt"]},
    {"question": "When does the night shift end?", "answers": ["six in the morning"], "documents": ["0.txt"]},
    {"question": "What does every driver sign?", "answers": ["the blue book"], "documents": ["1.txt"]},
    {"question": "What does the canteen serve on Tuesday?", "answers": ["hot soup"], "documents": ["2.txt"]},
    {"question": "How long are umbrellas kept?", "answers": ["forty days"], "documents": ["3.txt"]},
    {"question": "港口的夜班从几点开始？", "answers": ["晚上十点"], "documents": ["5.txt"]},
    {"question": "仓库的钥匙由谁保管？", "answers": ["值班的主管"], "documents": ["6.txt"]},
    {"question": "Who is the mayor of the town?", "answers": []},
    {"question": "How often does the whistle sound?", "answers": ["twice"], "documents": ["4.txt"], "split": "test"},
]
TRAINED = 8  # questions of the split train


@dataclass(frozen=True)
class Workshop:
    """A domain with documents, questions and a tiny base model."""

    store: Store
    domain: Domain
    dataset: Dataset
    section: TuneSection

    def claim(self, **params: Any) -> tuple[Job, Lease]:
        """Queue and claim a job."""
        create_job(self.store, "tune_generator", self.domain.id, {"dataset": "questions", **params})
        claimed = claim_job(self.store)
        assert claimed is not None
        return claimed

    def tune(self, progress: Progress | None = None, **params: Any) -> Model:
        """Carry a job out as a worker would and return the registered model."""
        progress = progress or Progress(self.store, *self.claim(**params), interval_s=0)
        try:
            result = run_tuning("generator", self.section, self.store, progress)
        except CancelledError:
            finish_job(self.store, progress.lease, "cancelled")
            raise
        except TandemError:
            if get_job(self.store, progress.job.id).token == progress.lease.token:
                finish_job(self.store, progress.lease, "failed")
            raise
        finish_job(self.store, progress.lease, "succeeded", result=result.model_dump())
        return get_model(self.store, result.model)

    def folder(self, model: Model) -> Path:
        return model_folder(self.store, model)

    def conversations(self, engine: Engine) -> list[Conversation]:
        """Return the rows that the job trains on."""
        examples = usable_examples(self.store, self.dataset.id, "train")
        source = Source(
            engine=engine,
            domain_id=self.domain.id,
            manifest=engine.pin(self.domain.name).manifest,
            base=Path(),
            examples=examples,
            way="with_context",
            without_gold=self.section.tuner.without_gold,
        )
        return build_conversations(source, self.section.tuner.lora.seed, lambda *_: True)
