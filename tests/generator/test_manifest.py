"""The manifest of a release: what may be changed, and how it is checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import HashEncoder, WordReader
from pydantic import ValidationError

from generator.arms import SERVED, servable_arm
from generator.engine import Engine
from generator.evidence import DEFAULT_THRESHOLDS
from generator.manifest import Manifest, changed_manifest
from generator.prompt import Prompt, load_prompt
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError
from store.store import Store


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The default manifest; no test changes it."""
    store = Store.open(tmp_path_factory.mktemp("manifest") / "home")
    made = Engine(store, RetrieverSettings(), GeneratorSettings(), HashEncoder(), WordReader()).default_manifest()
    store.close()
    return made


def test_the_default_manifest_is_whole_and_quotes(manifest: Manifest) -> None:
    stored = manifest.as_json()
    assert Manifest.model_validate(stored) == manifest
    assert stored["generation"] == {"backend": "extractive", "arm": "rag", "max_new_tokens": 96}
    assert stored["retrieval"] == {
        "mode": "hybrid",
        "passages": 4,
        "candidates": 50,
        "fusion": "convex",
        "dense_weight": 0.4,
        "spread_gain": 3.0,
        "rank_constant": 60,
        "rerank": 20,
    }
    assert stored["reranker"] is None
    assert manifest.thresholds == DEFAULT_THRESHOLDS


@pytest.mark.parametrize(
    "changes",
    [
        {"retrieval": {"passages": 7}, "thresholds": {"evidence": 0.75}},
        {"retrieval.passages": 7, "thresholds.evidence": 0.75},
        {"retrieval": {"passages": 7}, "thresholds.evidence": 0.75},
    ],
)
def test_changes_may_be_nested_or_dotted_and_leave_the_rest(manifest: Manifest, changes: dict[str, Any]) -> None:
    before = manifest.as_json()

    changed = changed_manifest(manifest, changes).as_json()

    assert changed["retrieval"] == {**before["retrieval"], "passages": 7}
    assert changed["thresholds"] == {**before["thresholds"], "evidence": 0.75}
    assert {key for key in before if changed[key] != before[key]} == {"retrieval", "thresholds"}
    assert manifest.as_json() == before


def test_no_change_gives_an_equal_manifest(manifest: Manifest) -> None:
    assert changed_manifest(manifest, {}) == manifest


@pytest.mark.parametrize("reranker", ["reader", "xen_" + "a1" * 10, None])
def test_a_reranker_is_the_reader_or_a_cross_encoder_by_its_content(manifest: Manifest, reranker: str | None) -> None:
    assert changed_manifest(manifest, {"reranker": reranker}).reranker == reranker


@pytest.mark.parametrize("reranker", ["", "READER", "reader2", "xen_short", "../xen_" + "a" * 20, 5, True])
def test_another_reranker_is_refused(manifest: Manifest, reranker: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        changed_manifest(manifest, {"reranker": reranker})

    assert caught.value.param == "reranker"


def test_ranks_may_be_fused_and_one_weight_set_alone(manifest: Manifest) -> None:
    changed = changed_manifest(manifest, {"retrieval.fusion": "ranks", "thresholds.weights.cosine": -1.5})

    assert changed.retrieval == manifest.retrieval.model_copy(update={"fusion": "ranks"})
    assert changed.thresholds.weights == manifest.thresholds.weights.model_copy(update={"cosine": -1.5})


@pytest.mark.parametrize("name", DEFAULT_THRESHOLDS.weights.by_name())
def test_a_manifest_without_one_of_the_weights_is_not_whole(manifest: Manifest, name: str) -> None:
    weights = {key: value for key, value in manifest.thresholds.weights.by_name().items() if key != name}

    with pytest.raises(ValidationError, match=f"weights.{name}"):
        Manifest.model_validate({**manifest.as_json(), "thresholds": {"evidence": 0.2, "weights": weights}})


def test_the_adapter_may_be_set(manifest: Manifest) -> None:
    assert changed_manifest(manifest, {"adapter": "mdl_1"}).adapter == "mdl_1"


@pytest.mark.parametrize(
    "name",
    [
        "temperature",
        "retrieval.top_p",
        "retrieval.passages.more",
        "nothing.at.all",
        "",
        "thresholds.weights.words",
        "thresholds.weights.bias.0",
    ],
)
def test_an_unknown_setting_is_refused_by_name(manifest: Manifest, name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        changed_manifest(manifest, {name: 1})

    assert caught.value.param == name
    known = {"retrieval.top_p": "passages, candidates", "thresholds.weights.words": "bias"}.get(name, "retrieval")
    assert known in caught.value.message.split(" has ", 2)[2]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"space_id": "spc_1"}, "space_id"),
        ({"passage_set": "set_1"}, "passage_set"),
        ({"base_model": "mdl_1"}, "base_model"),
        ({"base_model": None}, "base_model"),
        ({"query_encoder": "e5"}, "query_encoder"),
        ({"passage_encoder": "e5"}, "passage_encoder"),
        ({"space_id": {}}, "space_id"),
        ({"base_model.path": "/etc"}, "base_model.path"),
    ],
)
def test_a_part_that_follows_from_the_servers_settings_is_refused(
    manifest: Manifest, changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(InvalidInputError, match="cannot be set") as caught:
        changed_manifest(manifest, changes)

    assert caught.value.param == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retrieval.passages", 0),
        ("retrieval.passages", 51),
        ("retrieval.passages", "many"),
        ("retrieval.mode", "magic"),
        ("generation.arm", "best"),
        ("generation.backend", "remote"),
        ("generation.max_new_tokens", 4097),
        ("thresholds.evidence", 1.1),
        ("thresholds.weights.bias", float("inf")),
        ("thresholds.weights.reading", "much"),
        ("retrieval.fusion", "magic"),
        ("retrieval.dense_weight", 1.5),
        ("retrieval.rerank", -1),
        ("shots", 3),
        ("reranker", "x"),
        ("retrieval", 5),
        ("retrieval.candidates", 0),
        ("retrieval.candidates", 1001),
        ("retrieval.rank_constant", 0),
        ("thresholds.evidence", float("nan")),
        ("prompt", "v1"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(manifest: Manifest, name: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        changed_manifest(manifest, {name: value})

    assert caught.value.param == name
    assert caught.value.message.startswith((f"{name}: ", f"{name} must be "))


@pytest.mark.parametrize(("trained", "arm"), [("with_context", "combined"), ("closed_book", "tuned+rag")])
def test_an_adapter_is_served_by_the_arm_it_was_trained_for(trained: str, arm: str) -> None:
    assert servable_arm(trained) == arm
    assert SERVED[arm].passages


@pytest.fixture
def second_prompt(monkeypatch: pytest.MonkeyPatch) -> Prompt:
    """Another shipped prompt, `v9`."""
    made = replace(load_prompt("v1"), name="v9", sha256="9" * 64)
    monkeypatch.setattr("generator.manifest.load_prompt", lambda name, *_: made if name == "v9" else load_prompt(name))
    return made


@pytest.mark.parametrize("changes", [{"prompt": {"name": "v9"}}, {"prompt.name": "v9"}])
def test_a_shipped_prompt_may_be_set_and_its_hash_is_filled_in(
    manifest: Manifest, second_prompt: Prompt, changes: dict[str, Any]
) -> None:
    assert changed_manifest(manifest, changes).prompt == second_prompt.reference


def test_the_prompt_that_is_set_already_changes_nothing(manifest: Manifest) -> None:
    assert changed_manifest(manifest, {"prompt.name": manifest.prompt.name}) == manifest


@pytest.mark.parametrize("name", ["v0", "../prompts/v1", "", 5])
def test_a_prompt_that_does_not_ship_is_refused(manifest: Manifest, name: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        changed_manifest(manifest, {"prompt": {"name": name}})

    assert caught.value.param == "prompt.name"


@pytest.mark.parametrize("changes", [{"prompt.sha256": "00"}, {"prompt": {"sha256": "00"}}])
def test_the_hash_of_a_prompt_cannot_be_set(manifest: Manifest, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        changed_manifest(manifest, changes)


@pytest.mark.parametrize(
    ("changes", "name"), [({"colour": {}}, "colour"), ({"retrieval": {"colour": {}}}, "retrieval.colour")]
)
def test_an_empty_mapping_under_an_unknown_name_is_refused(
    manifest: Manifest, changes: dict[str, Any], name: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        changed_manifest(manifest, changes)

    assert caught.value.param == name
