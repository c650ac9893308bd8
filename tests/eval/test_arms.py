"""Arms: the manifest of each, and why one cannot be measured."""

from __future__ import annotations

import pytest
from manifests import QUOTING, generating

from eval.arms import set_up_arms
from generator.arms import BY_COST
from store.errors import InvalidInputError
from store.lineage import Lineage
from store.models import Model

ACTIVE = QUOTING


def adapter(model_id: str, trained: str, base: str = "mdl_base", flags: tuple[str, ...] = ()) -> Model:
    return Model(
        id=model_id,
        kind="adapter",
        domain_id="dom_1",
        base=base,
        parent=None,
        job_id=None,
        state="candidate",
        flags=list(flags),
        lineage=Lineage(trained=trained),
        metrics={},
        path="",
        sha256="",
        created_at=0,
    )


BOTH = [adapter("mdl_context", "with_context"), adapter("mdl_closed", "closed_book")]


def test_without_a_language_model_only_quoting_can_be_measured_and_the_rest_says_why() -> None:
    arms, skipped = set_up_arms(None, ACTIVE, None, [])

    assert [arm.name for arm in arms] == ["extractive"]
    assert arms[0].manifest == ACTIVE
    assert set(skipped) == {"base", "rag", "tuned", "tuned+rag", "combined"}
    assert all("no language model" in reason for reason in skipped.values())


def test_without_an_adapter_the_tuned_arms_say_how_one_would_have_to_be_trained() -> None:
    arms, skipped = set_up_arms(None, ACTIVE, "mdl_base", [])

    assert [arm.name for arm in arms] == ["extractive", "base", "rag"]
    assert set(skipped) == {"tuned", "tuned+rag", "combined"}
    assert "closed_book" in skipped["tuned"]
    assert "with_context" in skipped["combined"]


@pytest.mark.parametrize(
    ("name", "backend", "arm", "base", "tuned"),
    [
        ("extractive", "extractive", "rag", None, None),
        ("base", "transformers", "base", "mdl_base", None),
        ("rag", "transformers", "rag", "mdl_base", None),
        ("tuned", "transformers", "tuned", "mdl_base", "mdl_closed"),
        ("tuned+rag", "transformers", "tuned+rag", "mdl_base", "mdl_closed"),
        ("combined", "transformers", "combined", "mdl_base", "mdl_context"),
    ],
)
def test_the_manifest_of_an_arm_changes_only_who_answers(
    name: str, backend: str, arm: str, base: str | None, tuned: str | None
) -> None:
    tuned_before = ACTIVE.model_copy(update={"base_model": "mdl_base", "adapter": "mdl_old"})
    active = generating(tuned_before, backend="transformers", arm="combined", max_new_tokens=32)

    (setup,), skipped = set_up_arms([name], active, "mdl_base", BOTH)

    assert skipped == {}
    assert setup.manifest.as_json() == {
        **active.as_json(),
        "base_model": base,
        "adapter": tuned,
        "generation": {"backend": backend, "arm": arm, "max_new_tokens": 32},
    }


def test_the_newest_adapter_that_was_trained_the_way_of_the_arm_is_taken() -> None:
    newest_first = [
        adapter("mdl_other_way", "closed_book"),
        adapter("mdl_new", "with_context"),
        adapter("mdl_old", "with_context"),
    ]

    (setup,), _ = set_up_arms(["combined"], ACTIVE, "mdl_base", newest_first)

    assert setup.manifest.adapter == "mdl_new"


def test_an_adapter_that_is_tainted_or_of_another_base_model_is_passed_over() -> None:
    candidates = [
        adapter("mdl_tainted", "with_context", flags=("outdated", "tainted")),
        adapter("mdl_foreign", "with_context", base="mdl_elsewhere"),
        adapter("mdl_outdated", "with_context", flags=("outdated",)),
    ]

    (setup,), _ = set_up_arms(["combined"], ACTIVE, "mdl_base", candidates)
    _, skipped = set_up_arms(None, ACTIVE, "mdl_base", candidates[:2])

    assert setup.manifest.adapter == "mdl_outdated"
    assert skipped["combined"] == (
        "mdl_tainted is tainted: it learned from a document that was deleted; "
        "mdl_foreign was trained for the base model mdl_elsewhere. Tune again (tandem tune generator)."
    )


def test_a_chosen_adapter_is_taken_instead_of_the_newest_for_the_arms_of_its_way() -> None:
    candidates = [adapter("mdl_new", "with_context"), adapter("mdl_old", "with_context"), *BOTH[1:]]

    arms, _ = set_up_arms(None, ACTIVE, "mdl_base", candidates, ["mdl_old"])

    taken = {arm.name: arm.manifest.adapter for arm in arms}
    assert (taken["combined"], taken["tuned"], taken["tuned+rag"]) == ("mdl_old", "mdl_closed", "mdl_closed")


@pytest.mark.parametrize(
    ("chosen", "names", "said"),
    [
        ("mdl_none", None, "no adapter 'mdl_none'"),
        ("mdl_tainted", None, "mdl_tainted is tainted"),
        ("mdl_foreign", None, "mdl_foreign was trained for the base model mdl_elsewhere"),
        ("mdl_closed", ["combined"], "mdl_closed was trained closed_book"),
    ],
)
def test_a_chosen_adapter_that_is_of_no_use_is_refused_with_the_reason(
    chosen: str, names: list[str] | None, said: str
) -> None:
    candidates = [
        *BOTH,
        adapter("mdl_tainted", "with_context", flags=("tainted",)),
        adapter("mdl_foreign", "with_context", base="mdl_elsewhere"),
    ]

    with pytest.raises(InvalidInputError, match=said):
        set_up_arms(names, ACTIVE, "mdl_base", candidates, [chosen])


@pytest.mark.parametrize(("name", "base"), [("rag", None), ("combined", "mdl_base")])
def test_an_arm_that_is_asked_for_by_name_but_cannot_be_set_up_is_refused(name: str, base: str | None) -> None:
    with pytest.raises(InvalidInputError, match=name) as caught:
        set_up_arms(["extractive", name], ACTIVE, base, [])

    assert (caught.value.code, caught.value.param) == ("arm_unavailable", "arms")


def test_an_arm_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidInputError, match="'oracle'") as caught:
        set_up_arms(["extractive", "oracle"], ACTIVE, "mdl_base", BOTH)

    assert all(name in caught.value.message for name in BY_COST)


def test_arms_come_in_the_order_of_their_cost_however_they_are_asked_for() -> None:
    arms, _ = set_up_arms([*reversed(BY_COST), "rag"], ACTIVE, "mdl_base", BOTH)
    default, _ = set_up_arms(None, ACTIVE, "mdl_base", BOTH)

    assert tuple(arm.name for arm in arms) == BY_COST
    assert tuple(arm.name for arm in default) == BY_COST
