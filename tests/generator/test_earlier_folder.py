"""A data folder that an earlier version made: opened by this one, it holds, answers and promotes the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from earlier import folder_of_0005
from fakes import HashEncoder, WordReader
from handbook import LEAVE

from generator.answering import Pinned, Question
from generator.engine import Engine
from generator.releases import typed
from generator.settings import GeneratorSettings
from retriever.documents.recutting import recut_domain
from retriever.settings import RetrieverSettings
from store import schema
from store.calibrations import calibrated_on
from store.datasets import get_dataset, list_examples
from store.documents import get_version, list_documents
from store.domains import get_domain
from store.errors import ConflictError
from store.examples import QuestionContent
from store.models import delete_model, get_model, learned_documents, learned_questions
from store.recovery import recover
from store.releases import active_release, get_release, promote, rollback
from store.store import Store
from store.verify import verify_store


@pytest.fixture
def old(tmp_path: Path) -> dict[str, Any]:
    """What the earlier version noted of its folder, which lies in `tmp_path / "home"`."""
    noted: dict[str, Any] = json.loads((folder_of_0005(tmp_path / "home") / "answers.json").read_text())
    return noted


@pytest.fixture
def engine(old: dict[str, Any], tmp_path: Path) -> Iterator[Engine]:
    """This version on that folder."""
    store = Store.open(tmp_path / "home")
    recover(store)
    opened = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader())
    yield opened
    opened.close()
    store.close()


def test_it_is_whole_and_each_release_knows_its_models(engine: Engine, old: dict[str, Any]) -> None:
    store, releases, models = engine.store, old["releases"], old["models"]

    assert verify_store(store) == []
    with store.database.read() as connection:
        rows = connection.execute(sa.select(schema.release_models)).all()
    assert {(row.release_id, row.role, row.model_id) for row in rows} == {
        (releases["fused"], "adapter", models["sound"]),
        (releases["now"], "adapter", models["sound"]),
        (releases["tainted"], "adapter", models["tainted"]),
    }
    assert [get_model(store, models[name]).state for name in ("sound", "tainted")] == ["released", "candidate"]


@pytest.mark.parametrize(
    ("name", "fusion", "weight", "gain"),
    [("first", "ranks", 0.5, 0.0), ("fused", "convex", 0.4, 0.0), ("now", "convex", 0.4, 3.0)],
)
def test_every_release_finds_and_judges_as_it_did(
    engine: Engine, old: dict[str, Any], name: str, fusion: str, weight: float, gain: float
) -> None:
    release = typed(get_release(engine.store, old["releases"][name]))

    answer = engine.answerer.answer(Pinned(release.domain_id, release.id, release.manifest), Question(old["question"]))

    expected = old["answers"][name]
    (citation,) = answer.citations  # of the same sentence; the one behind it is quoted, too, since windows are chosen
    assert [citation.quote[: len(expected["quotes"][0])]] == expected["quotes"]
    assert answer.answer == f"{citation.quote} [1]"
    assert answer.evidence == pytest.approx(expected["evidence"], abs=1e-4)
    assert [hit.score for hit in answer.hits] == pytest.approx(expected["scores"], abs=1e-6)
    settings = release.manifest.retrieval
    assert (settings.fusion, settings.dense_weight, settings.spread_gain) == (fusion, weight, gain)


def test_promotion_rollback_and_deletion_are_guarded_as_they_were(engine: Engine, old: dict[str, Any]) -> None:
    store, releases, models = engine.store, old["releases"], old["models"]
    domain = get_domain(store, "handbook")
    assert active_release(store, domain.id).id == releases["now"]

    with pytest.raises(ConflictError) as caught:
        promote(store, releases["tainted"], forced=False, reason="")
    assert caught.value.code == "adapter_tainted"
    with pytest.raises(ConflictError) as caught:
        delete_model(store, models["sound"])
    assert caught.value.code == "model_in_use"

    assert [rollback(store, domain.id).id for _ in range(2)] == [releases["fused"], releases["first"]]
    assert get_model(store, models["sound"]).state == "archived"
    promote(store, releases["tainted"], forced=True, reason="the deletion was a mistake")
    assert get_model(store, models["tainted"]).state == "released"
    assert verify_store(store) == []


def test_documents_examples_lineage_and_what_was_seen_are_there(engine: Engine, old: dict[str, Any]) -> None:
    store = engine.store
    domain = get_domain(store, "handbook")
    office, leave = list_documents(store, domain.id)
    assert (leave.external_id, office.external_id) == ("leave.txt", "office.md")
    assert get_version(store, domain.id, leave.id).text == LEAVE

    examples = list_examples(store, get_dataset(store, domain.id, "faq").id)
    assert [(each.key, each.flag, each.content) for each in examples] == [
        ("leave", None, QuestionContent(question="How many days of annual leave?", answers=["25 days"])),
        ("noon", None, QuestionContent(question="门票多少钱？", answers=[], language="zh")),
        ("safe", "tainted", None),
    ]

    sound, tainted = (get_model(store, old["models"][name]) for name in ("sound", "tainted"))
    assert (sound.flags, tainted.flags) == ([], ["tainted"])
    assert (sound.lineage.trained, sound.lineage.settings["r"]) == ("with_context", 8)
    assert sound.lineage.prompt == typed(active_release(store, domain.id)).manifest.prompt
    assert sound.metrics == {"train_loss": 1.25, "steps": 4, "final_loss": None}
    assert learned_documents(store, sound.id) == {leave.id: 1}
    assert [name for name, _ in learned_questions(store, sound.id)] == ["faq leave", "faq noon", "faq safe"]
    *_, noted = typed(active_release(store, domain.id)).manifest.thresholds.weights.recorded_as()
    assert calibrated_on(store, domain.id, noted).questions == {5}


def test_its_documents_are_cut_anew_and_every_release_answers_from_the_new_passages(
    engine: Engine, old: dict[str, Any]
) -> None:
    store, domain = engine.store, get_domain(engine.store, "handbook")
    chunker = engine.retriever.settings.chunker
    before = list_documents(store, domain.id)

    assert recut_domain(store, engine.reading, domain.id, engine.retriever.encoder, chunker) == len(before) == 2

    assert verify_store(store) == []
    assert [(each.id, each.version, each.status) for each in list_documents(store, domain.id)] == [
        (each.id, each.version, each.status) for each in before
    ]
    for name in ("first", "fused", "now"):
        release = typed(get_release(store, old["releases"][name]))
        pinned = Pinned(release.domain_id, release.id, release.manifest)
        answer = engine.answerer.answer(pinned, Question(old["question"]))
        assert not answer.abstained
        assert all(hit.passage.layout is not None for hit in answer.hits)
        for citation in answer.citations:
            text = get_version(store, domain.id, citation.document_id).text or ""
            assert text[citation.start : citation.end] == citation.quote
