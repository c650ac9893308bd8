"""The quickest way: chosen once by a measurement, by a clear lead only, and never against what a user set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import small_encoder

from retriever.models import automatic, measuring
from retriever.models.automatic import Model, for_passages, for_questions, this_machine
from retriever.models.compiled import cpu_floats
from retriever.models.encoder_files import EncoderFiles
from retriever.models.measuring import Measured, Trial, clearly_quickest, quickest, read_measured, timed
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.settings import RetrieverSettings
from store.errors import ComputationError

_HERE = {"cpu": "this one"}
_NOWHERE = Model(Path("/nowhere/model"), "A model", Path("/nowhere/reference.json"), 256)


@pytest.fixture
def took(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What a measurement finds, in milliseconds; each way that is prepared is run once."""
    milliseconds: dict[str, float] = {}

    def find(trials: Mapping[str, Trial]) -> dict[str, float]:
        for trial in trials.values():
            trial()
        return {name: milliseconds[name] for name in trials}

    monkeypatch.setattr(measuring, "timed", find)
    return milliseconds


def _ways(*names: str, wrong: str = "", ran: list[str] | None = None) -> dict[str, Callable[[], Trial]]:
    def preparing(name: str) -> Callable[[], Trial]:
        def prepare() -> Trial:
            if name in wrong:
                raise ComputationError(f"{name} computes a known text wrongly.")
            return lambda: ran.append(name) if ran is not None else None

        return prepare

    return {name: preparing(name) for name in names}


@pytest.mark.parametrize(
    ("milliseconds", "chosen"),
    [
        ({"usual": 10.0, "other": 9.1}, "usual"),  # that may be noise
        ({"usual": 10.0, "other": 8.9}, "other"),
        ({"usual": 10.0, "other": 20.0}, "usual"),
        ({"usual": 10.0, "other": 5.0, "third": 4.0}, "third"),
    ],
)
def test_the_usual_way_stays_unless_another_is_clearly_quicker(milliseconds: dict[str, float], chosen: str) -> None:
    assert clearly_quickest(milliseconds) == chosen


def test_a_measurement_is_made_once_and_kept_for_the_machine(tmp_path: Path, took: dict[str, float]) -> None:
    took |= {"usual": 3.0, "other": 1.0}
    ran: list[str] = []
    place = tmp_path / "cache" / "measured.json"

    first = quickest(place, _ways("usual", "other", ran=ran), _HERE)
    took |= {"other": 9.0}
    again = quickest(place, _ways("usual", "other", ran=ran), _HERE)
    elsewhere = quickest(place, _ways("usual", "other", ran=ran), {"cpu": "another"})

    assert first == again == Measured("other", {"usual": 3.0, "other": 1.0}, _HERE)
    assert elsewhere.chosen == "usual"
    assert ran == ["usual", "other"] * 2
    assert read_measured(place) == elsewhere
    assert [path.name for path in place.parent.iterdir()] == ["measured.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"chosen": "gone", "milliseconds": {}, "machine": {}}'])
def test_what_cannot_be_read_or_is_of_other_ways_is_measured_again(
    tmp_path: Path, took: dict[str, float], content: str | None
) -> None:
    took |= {"usual": 3.0, "other": 1.0}
    if content is not None:
        (tmp_path / "measured.json").write_text(content)

    assert quickest(tmp_path / "measured.json", _ways("usual", "other"), {}).chosen == "other"


def test_a_measurement_that_cannot_be_kept_counts_all_the_same(tmp_path: Path, took: dict[str, float]) -> None:
    took |= {"usual": 3.0, "other": 1.0}
    (tmp_path / "file").write_text("")

    assert quickest(tmp_path / "file" / "measured.json", _ways("usual", "other"), _HERE).chosen == "other"


def test_a_way_that_computes_wrongly_here_is_out_however_quick(tmp_path: Path, took: dict[str, float]) -> None:
    took |= {"usual": 1.0, "other": 9.0}

    found = quickest(tmp_path / "measured.json", _ways("usual", "other", wrong="usual"), _HERE)

    assert (found.chosen, found.milliseconds) == ("other", {"usual": None, "other": 9.0})
    with pytest.raises(ComputationError, match="other computes"):
        quickest(tmp_path / "none.json", _ways("usual", "other", wrong="usual other"), _HERE)


def test_medians_of_turns_are_compared_and_the_first_turn_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    costs = {"a": iter([500.0, *[2.0, 2.0, 900.0] * 20]), "b": iter([1.0, *[3.0] * 60])}
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: clock[0])

    def trial(name: str) -> Trial:
        def run() -> None:
            clock[0] += next(costs[name]) / 1000

        return run

    assert timed({name: trial(name) for name in costs}) == pytest.approx({"a": 2.0, "b": 3.0})


@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_what_a_user_set_is_not_measured(precision: Any) -> None:
    settings = RetrieverSettings(precision=precision, threads=3)

    passages = for_passages(_NOWHERE, settings, precision)
    questions = for_questions(_NOWHERE, settings, precision)

    assert (passages.precision, passages.threads) == (questions.precision, questions.threads) == (precision, 3)


def test_passages_stay_in_their_space_and_questions_may_be_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, list[str]] = {}

    def note(place: Path, ways: Mapping[str, object], machine: Mapping[str, Any]) -> Measured:
        asked[place.name] = [name.split("-")[1] for name in ways]
        return Measured(list(ways)[-1], {}, machine)

    monkeypatch.setattr(automatic, "quickest", note)
    monkeypatch.setattr(automatic, "cpu_floats", lambda: "bf16")
    monkeypatch.setattr(automatic, "cores", lambda: 8)

    passages = for_passages(_NOWHERE, RetrieverSettings(), None)
    questions = for_questions(_NOWHERE, RetrieverSettings(), None)

    assert asked["measured-model-passages-0.json"] == ["bf16", "f32"]
    assert asked["measured-model-questions-0.json"] == ["int8", "bf16", "f32"]
    assert (passages.precision, passages.threads, questions.precision, questions.threads) == ("f32", 4, "f32", 1)


def test_the_machine_is_named_by_its_cpu() -> None:
    assert this_machine() == this_machine()
    assert this_machine()["cpu"]
    assert this_machine()["cores"] >= 1


def test_a_first_question_measures_and_keeps_what_the_doctor_shows(tmp_path: Path) -> None:
    files = EncoderFiles.read(small_encoder(tmp_path / "model"))
    settings = RetrieverSettings(cache=tmp_path / "cache")
    encoder = OpenVinoEncoder(files, settings)
    before = encoder.computing

    vector = encoder.encode_queries(["fares"])

    kept = read_measured(tmp_path / "cache" / f"measured-{files.space_id}-questions-0.json")
    assert kept is not None
    assert kept.machine == this_machine()
    assert {name.split("-")[1] for name in kept.milliseconds} == {"int8", cpu_floats(), "f32"}
    assert before["questions"] == "chosen when the first short question comes"
    assert encoder.computing["questions"].split(",")[0] in ("int8", cpu_floats(), "f32")
    assert encoder.space_id == files.space_id
    assert float(vector[0] @ encoder.encode_passages(["fares"])[0]) > 0.5  # prompts differ
    assert len(list((tmp_path / "cache" / files.space_id).glob("compiled-*"))) == 2  # what was tried only is gone
    again = OpenVinoEncoder(files, settings)
    again.encode_queries(["fares"])
    assert again.computing == encoder.computing
    assert np.isfinite(vector).all()
