"""The report: numbers that were worked out by hand, the verdict, and what a leak hides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from reports import records, report_of

from eval.report.markdown import to_markdown
from eval.report.page import to_html
from eval.settings import GateLimits

_NUMBER = re.compile(r"\d\.\d{3}")  # what a measured score looks like


def verdict_of(times: int = 16, **scores: Sequence[float]) -> dict[str, Any]:
    """Return the verdict on scores that are repeated about further documents."""
    measured = {name: records(name, [*values] * times) for name, values in scores.items()}
    report = report_of(measured, next(iter(scores)))
    verdict: dict[str, Any] = report.as_json()["verdict"]
    return verdict


def test_the_summary_of_an_arm_is_what_its_records_say() -> None:
    arm = report_of({"extractive": records("extractive", [1.0, 0.5, 0.0, 0.5])}).as_json()["arms"]["extractive"]

    assert arm["release"] == "rel_0"
    assert arm["metrics"]["f1"]["mean"] == 0.5
    assert (arm["metrics"]["f1"]["n"], arm["metrics"]["f1"]["clusters"]) == (4, 2)
    assert (arm["metrics"]["f1"]["low"], arm["metrics"]["f1"]["high"]) == (0.25, 0.75)  # either document twice
    assert arm["metrics"]["em"]["mean"] == 0.25
    assert arm["metrics"]["citation_precision"] == {
        "mean": 0.5,
        "low": pytest.approx(0.0125),  # one document says next to nothing
        "high": pytest.approx(0.9875),
        "n": 1,
        "clusters": 1,
    }
    assert arm["metrics"]["retrieval_hit"] == {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 0, "clusters": 0}
    assert arm["latency_ms"] == {"p50": 25.0, "p95": pytest.approx(38.5)}
    assert arm["tokens"] == 101.5


def test_each_language_has_numbers_of_its_own() -> None:
    mixed = [*records("extractive", [1.0, 0.0]), *records("extractive", [0.25], language="zh")]
    arm = report_of({"extractive": mixed}).as_json()["arms"]["extractive"]

    assert {language: each["f1"]["mean"] for language, each in arm["by_language"].items()} == {"en": 0.5, "zh": 0.25}
    assert arm["metrics"]["f1"]["mean"] == pytest.approx(1.25 / 3)


def test_arms_are_compared_question_by_question_the_dearer_with_the_cheaper() -> None:
    report = report_of(
        {
            "combined": records("combined", [0.5, 0.5, 1.0, 1.0]),
            "extractive": records("extractive", [0.5, 0.5, 0.0, 0.0]),
            "rag": records("rag", [0.25, 0.25, 0.25, 0.25]),
        }
    )

    compared = {(each["arm"], each["against"]): each for each in report.as_json()["comparisons"]}
    assert set(compared) == {("rag", "extractive"), ("combined", "extractive"), ("combined", "rag")}
    assert compared["combined", "extractive"] == {
        "arm": "combined",
        "against": "extractive",
        "metric": "f1",
        "difference": 0.5,
        "low": 0.0,  # one document gains nothing, the other everything
        "high": 1.0,
        "p": 1.0,  # all four choices of signs reach what was seen
        "kind": "named",
        "p_adjusted": 1.0,
    }
    assert [each["kind"] for each in report.as_json()["comparisons"]] == [
        "named"
    ] * 3  # with the active arm, or with rag
    assert compared["rag", "extractive"]["difference"] == 0.0
    assert (compared["rag", "extractive"]["low"], compared["rag", "extractive"]["high"]) == (-0.25, 0.25)


def test_an_active_release_that_is_no_arm_is_what_every_arm_is_compared_with() -> None:
    report = report_of({"rag": records("rag", [0.5] * 64), "active": records("active", [0.25] * 64)}, active="active")

    assert [(each["arm"], each["against"], each["difference"]) for each in report.as_json()["comparisons"]] == [
        ("rag", "active", 0.25)
    ]
    assert report.as_json()["gate"]["rag"] == {"passed": True, "reasons": []}
    assert report.as_json()["verdict"]["arm"] == "rag"


def test_the_verdict_is_the_cheapest_arm_if_no_other_is_clearly_better() -> None:
    verdict = verdict_of(1, extractive=[0.5, 0.5, 0.5, 0.5], rag=[0.5, 0.5, 1.0, 1.0], combined=[0.4, 0.4, 0.9, 0.9])

    assert (verdict["arm"], verdict["release"]) == ("extractive", "rel_0")
    assert "+" not in verdict["text"]
    assert verdict["text"].endswith("nothing else is measurably better. Compared with rag, combined.")


def test_a_verdict_about_a_single_arm_says_that_nothing_else_was_measured() -> None:
    verdict = verdict_of(extractive=[1.0] * 4)

    assert verdict["arm"] == "extractive"
    assert verdict["text"].endswith(" Nothing else was measured.")


def test_too_few_documents_give_no_verdict_and_the_report_says_how_many_are_missing() -> None:
    measured = {"extractive": records("extractive", [0.25] * 58), "rag": records("rag", [0.75] * 58)}

    report = report_of(measured, min_documents=GateLimits().min_documents)

    assert report.as_json()["verdict"] is None
    assert report.as_json()["no_verdict"] == [
        "too few documents: answerable questions about 29, at least 30 are needed"
    ]
    assert "Add questions about 1 more documents, and name these." in report.as_json()["next"]
    for shown in (to_markdown(report), to_html(report)):
        assert "No verdict: too few documents: answerable questions about 29, at least 30 are needed" in shown
        assert "0.750" in shown  # the numbers are there, for what they are worth


def test_questions_without_an_answer_give_no_verdict_for_the_arm_that_always_abstains() -> None:
    measured = {"extractive": records("extractive", [0.0] * 64), "base": records("base", [1.0] * 64)}

    report = report_of(measured, dataset={"answerable": 0, "documents": 0, "groups": 0})

    assert report.as_json()["verdict"] is None
    assert "no question has an answer" in report.as_json()["no_verdict"][0]
    assert not report.as_json()["gate"]["base"]["passed"]


def test_what_a_reader_must_know_beside_the_numbers_is_said() -> None:
    measured = {"extractive": records("extractive", [0.5] * 4)}

    both = report_of(measured, dataset={"answerable": 3, "unanchored": 0})
    sided = report_of(measured, dataset={"answerable": 4, "unanchored": 2}, looks=3)

    assert both.as_json()["warnings"] == []
    assert len(sided.as_json()["warnings"]) == 3
    assert "2 of 4 answerable questions name no document" in sided.as_json()["warnings"][0]
    assert "whether an arm abstains when it should was not measured" in sided.as_json()["warnings"][1]
    assert "measured 3 times" in sided.as_json()["warnings"][2]


def test_each_look_at_the_same_questions_makes_a_verdict_dearer() -> None:
    measured = {"extractive": records("extractive", [0.25] * 64), "rag": records("rag", [0.75] * 64)}

    assert report_of(measured, looks=25).as_json()["verdict"]["arm"] == "rag"  # 25 times 1/501 is below 0.05
    assert report_of(measured, looks=26).as_json()["verdict"]["arm"] == "extractive"


def test_a_pair_without_the_active_arm_or_rag_is_exploratory_and_pays_for_all_pairs() -> None:
    names = ("extractive", "base", "tuned")
    measured = {name: records(name, [0.25 * place] * 64) for place, name in enumerate(names)}

    compared = report_of(measured, "extractive").as_json()["comparisons"]

    found = {(each["arm"], each["against"]): each for each in compared}
    assert found["tuned", "base"]["kind"] == "exploratory"
    assert found["tuned", "base"]["p_adjusted"] == pytest.approx(3 * found["tuned", "base"]["p"])
    assert found["tuned", "extractive"]["p_adjusted"] == pytest.approx(2 * found["tuned", "extractive"]["p"])


def test_a_release_is_judged_against_what_is_served_now() -> None:
    measured = {"rel_new": records("rel_new", [0.75] * 64), "active": records("active", [0.25] * 64)}

    better, same = (
        report_of(measured, "active"),
        report_of({**measured, "rel_new": records("rel_new", [0.25] * 64)}, "active"),
    )

    assert (better.as_json()["verdict"]["arm"], same.as_json()["verdict"]["arm"]) == ("rel_new", "active")
    assert better.as_json()["verdict"]["text"].startswith("Promote rel_new.")
    assert better.as_json()["gate"]["rel_new"]["passed"]
    assert better.as_json()["next"] == ["tandem release promote rel_rel_new"]
    assert same.as_json()["verdict"]["text"].startswith("Keep the active release")


def test_the_verdict_is_the_cheapest_of_equally_good_arms_and_names_its_gain() -> None:
    verdict = verdict_of(extractive=[0.25] * 4, rag=[0.75] * 4, combined=[0.75] * 4)

    assert verdict["arm"] == "rag"
    assert verdict["text"].startswith("Use retrieval and do not tune")
    assert "It gains +0.500 [+0.337, +0.554] in f1 over extractive." in verdict["text"]
    assert verdict["text"].endswith(" Compared with extractive, combined.")


def test_the_verdict_climbs_to_the_dearest_arm_if_each_step_pays() -> None:
    verdict = verdict_of(extractive=[0.25] * 4, rag=[0.5] * 4, combined=[1.0] * 4)

    assert verdict["arm"] == "combined"
    assert "over rag" in verdict["text"]


def test_the_verdict_passes_over_a_dearer_arm_that_is_worse() -> None:
    assert verdict_of(extractive=[0.5] * 4, base=[0.0] * 4, rag=[0.75] * 4, tuned=[0.1] * 4)["arm"] == "rag"


def test_a_leak_takes_away_the_verdict_closes_every_gate_and_hides_the_numbers() -> None:
    measured = {
        "extractive": records("extractive", [0.75, 0.5, 0.75, 0.5]),
        "rag": records("rag", [0.25, 0.5, 0.25, 0.5], abstention=0.0),
        "combined": records("combined", [1.0, 1.0, 1.0, 1.0]),
    }

    report = report_of(measured, "extractive", leaks=["q0 asks the same as the training example t1"])

    assert report.as_json()["verdict"] is None
    assert set(report.as_json()["gate"]) == set(measured)
    for decision in report.as_json()["gate"].values():
        assert decision == {"passed": False, "reasons": ["1 leaks between training and test"]}
    for shown in (to_markdown(report), to_html(report)):
        assert "q0 asks the same as the training example t1" in shown
        assert "No verdict" in shown
        assert not _NUMBER.search(shown)
        assert "open" not in shown


def test_the_gate_of_every_arm_is_in_the_report() -> None:
    measured = {"extractive": records("extractive", [0.5] * 64), "rag": records("rag", [1.0] * 64)}
    report, strict = report_of(measured), report_of(measured, min_questions=65)

    assert {name: decision["passed"] for name, decision in report.as_json()["gate"].items()} == {
        "extractive": True,
        "rag": True,
    }
    assert strict.as_json()["gate"]["rag"]["reasons"] == ["64 questions, at least 65 are needed"]


def test_the_report_counts_its_documents_and_too_few_close_the_gate() -> None:
    measured = {"extractive": records("extractive", [0.5] * 5), "rag": records("rag", [1.0] * 5)}

    report = report_of(measured, min_documents=4)

    assert report.as_json()["dataset"]["documents"] == 3
    reason = "too few documents: answerable questions about 3, at least 4 are needed"
    assert [(each["passed"], each["reasons"][0]) for each in report.as_json()["gate"].values()] == [(False, reason)] * 2
    for shown in (to_markdown(report), to_html(report)):
        assert reason in shown
        assert "5 questions about 3 documents, split test of questions" in shown


def test_a_report_about_a_train_split_opens_no_gate() -> None:
    measured = {"extractive": records("extractive", [0.5] * 64), "rag": records("rag", [1.0] * 64)}

    report = report_of(measured, split="train")

    assert (
        list(report.as_json()["gate"].values())
        == [{"passed": False, "reasons": ["it was measured on a train split"]}] * 2
    )


def test_equal_records_give_an_equal_report() -> None:
    measured = {"extractive": records("extractive", [0.5, 1.0, 0.0]), "rag": records("rag", [0.75, 0.2, 0.1])}

    assert report_of(measured) == report_of(measured)


def test_the_report_keeps_every_record_and_names_how_it_measured() -> None:
    measured = {"extractive": records("extractive", [0.5, 1.0]), "rag": records("rag", [0.5, 1.0])}
    report = report_of(measured)

    assert [(each["arm"], each["key"]) for each in report.as_json()["records"]] == [
        ("extractive", "q0"),
        ("extractive", "q1"),
        ("rag", "q0"),
        ("rag", "q1"),
    ]
    assert (report.as_json()["normalisers"]["en"], report.as_json()["normalisers"]["zh"]) == ("squad-1.1", "cmrc2018")
    assert "500 resamples, seed 0" in report.as_json()["interval"]
