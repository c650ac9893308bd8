"""The table of tuning methods, and a job that is carried out by a method of which nothing else knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from workshop import TRAINED, Workshop

from store.errors import DamagedError, InvalidInputError
from store.examples import question_of
from store.models import list_models
from tuner import methods
from tuner.method import Lesson, Method, MethodSettings, Source, TrainedModel, learning
from tuner.methods import METHODS, method_of, methods_of
from tuner.settings import TunerSettings


class EchoSettings(MethodSettings):
    """What the scripted method takes."""

    times: int = 1


class Echo:
    """A scripted method: it learns the questions by heart, and notes what it was asked."""

    def __init__(self, *, sound: bool = True) -> None:
        self.lessons: list[Lesson[EchoSettings, str]] = []
        self.checked: list[list[str]] = []
        self.sound = sound

    def rows(self, source: Source, settings: EchoSettings) -> list[str]:
        return [question_of(example.key, example.content).question for example in source.examples] * settings.times

    def train(self, lesson: Lesson[EchoSettings, str]) -> TrainedModel:
        self.lessons.append(lesson)
        return TrainedModel(lambda folder: self._write(folder, lesson.rows), {"learned": len(lesson.rows)})

    def check(self, folder: Path) -> None:
        self.checked.append(sorted(path.name for path in folder.iterdir()))
        if not self.sound:
            raise DamagedError("It echoes nothing.")

    def row(self, name: str = "lora") -> Method:
        prepare = learning(EchoSettings, self.rows, self.train)
        return Method(name, "generator", "adapter", EchoSettings, prepare, self.check, libraries=("pytest",))

    @staticmethod
    def _write(folder: Path, rows: object) -> None:
        (folder / "echo.txt").write_text(str(rows), encoding="utf-8")


def test_every_method_has_its_part_of_the_settings() -> None:
    configured = TunerSettings()

    assert METHODS
    for name, method in METHODS.items():
        assert type(getattr(configured, name)) is method.settings


def test_a_job_names_its_method_by_the_settings_it_gives() -> None:
    assert method_of("generator", {"dataset": "faq", "lora": {"r": 4}}).name == "lora"
    assert method_of("generator", {"dataset": "faq"}) is methods_of("generator")[0]


def test_a_model_is_tuned_by_one_method(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Echo().row("echo")
    monkeypatch.setattr(methods, "_ROWS", (*methods_of("generator"), other))

    assert method_of("generator", {"echo": {}}) is other
    with pytest.raises(InvalidInputError, match="by one method, not by lora and echo") as caught:
        method_of("generator", {"lora": {}, "echo": {}})
    assert caught.value.param == "echo"


def test_the_job_gives_a_method_its_rows_and_registers_what_it_makes(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = Echo()
    monkeypatch.setattr("tuner.run.method_of", lambda *_: echo.row())
    monkeypatch.setattr("tuner.run.settings_of", lambda *_: EchoSettings(times=2))

    model = workshop.tune(trained="closed_book")

    (lesson,) = echo.lessons
    assert (len(lesson.rows), lesson.settings.times, lesson.threads) == (2 * TRAINED, 2, 1)
    assert lesson.base == workshop.section.generator.base_model
    assert echo.checked == [["echo.txt"]]
    assert (model.kind, model.metrics) == ("adapter", {"learned": 2 * TRAINED})
    assert (workshop.folder(model) / "echo.txt").read_text(encoding="utf-8") == str(lesson.rows)
    assert model.lineage.settings == {"times": 2, "without_gold": 0.125}
    assert set(model.lineage.versions) == {"pytest", "python"}


def test_what_could_not_be_served_is_not_registered(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = list_models(workshop.store)
    echo = Echo(sound=False)
    monkeypatch.setattr("tuner.run.method_of", lambda *_: echo.row())
    monkeypatch.setattr("tuner.run.settings_of", lambda *_: EchoSettings())

    with pytest.raises(DamagedError, match="echoes nothing"):
        workshop.tune()

    assert list_models(workshop.store) == before
