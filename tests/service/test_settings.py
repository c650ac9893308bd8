"""Where settings and recipes come from, which source wins, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer

from service.commands.recipe import method_settings
from service.settings import load_settings, settings_from
from store.errors import InvalidInputError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, and no variable of the developer's."""
    for name in [name for name in os.environ if name.startswith("TANDEM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_options_win_over_the_environment_and_that_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "tandem.toml").write_text('[service]\nhost = "::1"\nport = 1\nlease_s = 7\n', encoding="utf-8")
    monkeypatch.setenv("TANDEM_SERVICE__PORT", "2")
    monkeypatch.setenv("TANDEM_SERVICE__LEASE_S", "8")

    service = load_settings(service={"port": 3}).service

    assert (service.host, service.port, service.lease_s) == ("::1", 3, 8)


def test_without_a_source_the_server_is_on_loopback() -> None:
    service = load_settings().service

    assert (service.host, service.port) == ("127.0.0.1", 8321)


def test_variables_that_are_no_settings_are_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"TANDEM_HOME": str(folder), "TANDEM_API_KEY": "12345678", "TANDEM_DATA": "x", "TANDEM_FAIL_ON_SKIP": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert (settings.home, settings.api_key) == (folder, "12345678")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"retriever = [", "tandem.toml cannot be read: Invalid value"),
        (b'home = "\xff"', "tandem.toml cannot be read: 'utf-8' codec"),
        (b"retreiver = 1\n[server]\nport = 1", "There is no setting retreiver, server."),
        (b"[service]\nprot = 1", "There is no setting service.prot."),
        (b"[service]\nport = 70000", "The setting service.port is wrong: Input should be less than or equal to 65535."),
        (b"service = 5", "The setting service is wrong"),
    ],
)
def test_a_wrong_file_is_refused_by_name(folder: Path, content: bytes, message: str) -> None:
    (folder / "tandem.toml").write_bytes(content)

    with pytest.raises(InvalidInputError) as refused:
        load_settings()

    assert message in refused.value.message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TANDEM_RETRIEVER", "x", 'field "retriever"'),
        ("TANDEM_RETRIEVER__CANDIDATES", "many", "The setting retriever.candidates is wrong"),
        ("TANDEM_RETRIEVER__CANDIDATE", "5", "There is no setting retriever.candidate."),
        ("TANDEM_API_KEY", "short", "The setting api_key is wrong"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidInputError) as refused:
        load_settings()

    assert message in refused.value.message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.toml", "[lora", "cannot be read"),
        ("broken.yaml", "lora: [", "cannot be read"),
        ("bytes.toml", "\udcff", "cannot be read"),
        ("list.yml", "- lora", "has no sections"),
        ("flat.yml", "lora: 0", "is no section"),
        ("recipe.ini", "", "must end with .toml, .yaml, .yml"),
        ("section.toml", "[lora]\nr = 4\n[data]\n[model]", "no section data, model"),
        ("key.yaml", "lora: {rank: 4, 5: 6}", "no setting lora.rank, lora.5"),
        ("value.toml", "[lora]\nr = 0", "lora.r: Input should be greater than or equal to 1"),
        ("infinite.yaml", "lora: {learning_rate: .inf}", "less than or equal to 1"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(tmp_path: Path, name: str, content: str, message: str) -> None:
    recipe = tmp_path / name
    recipe.write_text(content, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(InvalidInputError) as refused:
        method_settings(recipe, [])

    assert message in refused.value.message


@pytest.mark.parametrize(
    ("name", "near", "others"),
    [
        ("service.prot", "service.port", ("host", "lease_s")),
        ("tuner.lora.learningrate", "tuner.lora.learning_rate", ("r", "epochs")),
        ("retreiver", "retriever", ("home", "generator")),
    ],
)
def test_a_setting_that_does_not_exist_is_answered_with_those_that_do(
    folder: Path, name: str, near: str, others: tuple[str, ...]
) -> None:
    (folder / "tandem.toml").write_text(f"{name} = 1\n", encoding="utf-8")

    with pytest.raises(InvalidInputError) as refused:
        load_settings()

    assert f"There is no setting {name}. Did you mean {near}?" in refused.value.message
    assert [other for other in others if f"{other}" not in refused.value.message.split(f"{near}?")[1]] == []


def test_where_settings_come_from_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_from() == f"defaults; there is no tandem.toml in {folder}"

    (folder / "tandem.toml").write_text("", encoding="utf-8")
    for name in ("TANDEM_SERVICE__PORT", "TANDEM_UNRELATED"):
        monkeypatch.setenv(name, "1")

    assert settings_from() == f"{folder / 'tandem.toml'}, TANDEM_SERVICE__PORT"


@pytest.mark.parametrize("override", ["r=4", "lora.r", "lora.r=NaN", "lora.r=1e999"])
def test_a_wrong_override_is_refused(override: str) -> None:
    with pytest.raises(typer.BadParameter):
        method_settings(None, [override])
