"""The commands about models that have a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.model_catalogue import KNOWN

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and a folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANDEM_RETRIEVER__CACHE", str(tmp_path / "cache"))


def test_the_known_models_are_listed_without_a_server() -> None:
    found = json.loads(RUNNER.invoke(app, ["model", "list", "--known", "--json"]).stdout)["data"]

    assert [each["name"] for each in found] == list(KNOWN) == ["smollm2", "gemma3-270m", "e5-small"]
    assert {each["fetched"] for each in found} == {False}
    for each in found:
        assert each["sha256"] == KNOWN[each["name"]].sha256
        assert each["licence_url"].startswith("https://")


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    result = RUNNER.invoke(app, ["model", "fetch", "gpt-5"])

    assert "smollm2, gemma3-270m, e5-small" in str(result.exception)


def test_a_licence_has_to_be_accepted_by_name() -> None:
    result = RUNNER.invoke(app, ["model", "fetch", "gemma3-270m"])

    assert "Gemma Terms of Use" in str(result.exception)
    assert "tandem model fetch gemma3-270m --accept-licence" in str(result.exception)
