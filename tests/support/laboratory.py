"""A domain in which evaluations are carried out: a few documents in two languages and six questions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.evaluate import run_evaluation
from eval.settings import EvalSettings, EvaluateSection
from generator.engine import Engine
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.datasets import Dataset, list_datasets
from store.domains import Domain, get_domain
from store.evaluations import Evaluation, create_evaluation, get_evaluation
from store.jobs import claim_job, finish_job
from store.progress import Progress
from store.store import Store
from tuner.data.importing import Wishes, import_examples

DOCUMENTS = {
    "ferry.md": "# Ferry\n\nThe ferry Aurora carries 120 passengers across the fjord every morning.",
    "library.md": "# Library\n\nThe library of Elmwood lends every book for three weeks.",
    "tea.md": "# 茶园\n\n云岭茶园每天早上八点开门。成人门票四十元。",
    "museum.md": "# 博物馆\n\n海港博物馆收藏了三百只古老的瓷碗。",
}
QUESTIONS: list[dict[str, Any]] = [
    {"question": "How many passengers does the ferry Aurora carry?", "answers": ["120"], "documents": ["ferry.md"]},
    {
        "question": "For how long does the library of Elmwood lend a book?",
        "answers": ["three weeks"],
        "documents": ["library.md"],
    },
    {"question": "云岭茶园早上几点开门？", "answers": ["八点"], "documents": ["tea.md"]},
    {"question": "海港博物馆收藏了多少只瓷碗？", "answers": ["三百只"], "documents": ["museum.md"]},
    {"question": "Which composer wrote the opera Turandot?", "answers": []},
    {"question": "火星上的最高山峰叫什么？", "answers": []},
]


@dataclass(frozen=True)
class Laboratory:
    """A domain with documents and a data set whose split `test` has six questions."""

    store: Store
    domain: Domain
    dataset: Dataset
    section: EvaluateSection

    def evaluate(self, **params: Any) -> tuple[dict[str, Any], Evaluation]:
        """Carry the job out as a worker would; return its result and the stored evaluation."""
        evaluation = create_evaluation(self.store, self.domain.id, {"dataset": self.dataset.id, **params})
        claimed = claim_job(self.store)
        assert claimed is not None
        progress = Progress(self.store, *claimed, interval_s=0)
        try:
            result = run_evaluation(self.section, self.store, progress)
        except BaseException:
            finish_job(self.store, progress.lease, "failed")
            raise
        shown = result.model_dump()
        finish_job(self.store, progress.lease, "succeeded", result=shown)
        return shown, get_evaluation(self.store, evaluation.id)


def furnish(engine: Engine) -> None:
    """Put the domain with its documents and the data set into the store of an engine."""
    domain = engine.create_domain("handbook")
    for name, text in DOCUMENTS.items():
        engine.add("handbook", name, text)
    lines = "\n".join(json.dumps(row) for row in QUESTIONS)
    import_examples(engine.store, domain.id, "questions", lines.encode(), Wishes(split="test"))


@contextmanager
def laboratory_in(
    home: Path, copy: Path, retriever: RetrieverSettings, generator: GeneratorSettings
) -> Iterator[Laboratory]:
    """Give a laboratory in a copy of a data folder that was furnished."""
    store = Store.open(Path(shutil.copytree(home, copy)))
    domain = get_domain(store, "handbook")
    (dataset,) = list_datasets(store, domain.id)
    settings = EvalSettings(resamples=200)
    yield Laboratory(store, domain, dataset, EvaluateSection(eval=settings, generator=generator, retriever=retriever))
    store.close()
