"""Data sets over HTTP and from the command line: files of any format in, files for other tools out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from light import light_client
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result
from writing import asks

from service.cli import app
from service.client import Client
from service.commands import datasets, drafts
from store.datasets import Example, create_dataset
from store.errors import InvalidInputError
from store.store import Store

BASE = "/v1/domains/default/datasets"
BEIR = {
    "corpus.jsonl": '{"_id": "fares", "title": "Fares", "text": "It costs ten."}\n',
    "queries.jsonl": '{"_id": "1", "text": "How much?"}\n',
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\tfares\t1\n",
}


@pytest.fixture
def http(store: Store) -> TestClient:
    return light_client(store.folder.root, store)


@pytest.fixture
def command(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the data sets of that server."""

    @contextmanager
    def client(home: Path | None) -> Iterator[Client]:
        yield Client(http)

    monkeypatch.setattr(datasets, "client", client)

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, ["dataset", *map(str, words)])

    return run


def test_a_table_is_imported_with_what_is_wrong_left_out(http: TestClient) -> None:
    table = ("a.csv", b"instruction,input,output,note\nAdd.,1 2,3,x\nAdd.,1 2,,x\n")

    refused = http.post(BASE, data={"name": "sums"}, files={"file": table})
    made = http.post(BASE, data={"name": "sums", "skip_bad": "true", "split": "train"}, files={"file": table})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_dataset")
    assert "line 3 (record 2): output: " in refused.json()["error"]["message"]
    assert (made.status_code, made.json()["kind"], made.json()["counts"]) == (201, "chat", {"train": 1})
    assert made.json()["warnings"][0].startswith("Left out: line 3 (record 2): output: ")
    assert made.json()["warnings"][1] == "Fields that the format alpaca does not have were left out: note."


def test_a_folder_goes_in_and_comes_out_as_it_was(http: TestClient, command: Any, tmp_path: Path) -> None:
    for name, text in BEIR.items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_text(text, encoding="utf-8")

    made = command("import", tmp_path / "set", "--name", "web", "--json")
    written = command("export", "web", "--format", "beir", "--out", tmp_path / "out")

    assert json.loads(made.stdout)["kind"] == "retrieval", made.output
    assert written.exit_code == 0, written.output
    found = {each.relative_to(tmp_path / "out").as_posix(): each for each in (tmp_path / "out").rglob("*.*")}
    assert {*found} == {*BEIR}
    for name, text in BEIR.items():
        assert _parsed(found[name].read_text(encoding="utf-8")) == _parsed(text)
    again = command("export", "web", "--format", "beir", "--out", tmp_path / "out")
    assert isinstance(again.exception, InvalidInputError)
    assert "is there already; nothing is written over" in again.exception.message


def _parsed(text: str) -> list[Any]:
    return [json.loads(line) if line.startswith("{") else line for line in text.splitlines()]


def test_lines_are_written_byte_for_byte(http: TestClient, command: Any) -> None:
    row = {"messages": [{"role": "user", "content": "Hi\u2028\u202e"}, {"role": "assistant", "content": "你好"}]}
    files = {"file": ("talk.jsonl", json.dumps(row))}
    assert http.post(BASE, data={"name": "talk", "split": "dev"}, files=files).status_code == 201

    printed = command("export", "talk")
    sent = http.get(f"{BASE}/talk/export")

    assert json.loads(printed.stdout_bytes) == row
    assert (sent.headers["content-disposition"], json.loads(sent.content)) == ("attachment", row)
    assert http.get(f"{BASE}/talk/export?format=beir").json()["error"]["param"] == "format"


def test_a_folder_without_a_data_set_is_refused(command: Any, tmp_path: Path) -> None:
    ended = command("import", tmp_path, "--name", "x")

    assert isinstance(ended.exception, InvalidInputError)
    assert "has no queries.jsonl with corpus.jsonl" in ended.exception.message


def test_reviews_become_instructions_by_one_command(http: TestClient, command: Any, tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("body,stars\nThe lid broke.,1\n水壶很好。,5\n", encoding="utf-8")

    made = command("template", "sentiment", table, "text=body", "rating=stars", "--name", "moods", "--split", "train",
                   "--wordings", "2", "--json")  # fmt: skip
    listed = command("template")

    assert json.loads(made.stdout)["counts"] == {"train": 4}, made.output
    assert "sentiment: a review with its rating" in listed.stdout
    unknown = command("template", "poem", table, "--name", "x")
    assert "There is no template 'poem'; there is answer, classify" in str(unknown.exception)


def test_a_check_tells_what_looks_wrong_and_leaks_end_it_with_1(http: TestClient, command: Any) -> None:
    rows = [
        {"id": "a", "question": "How much is a ticket?", "answers": ["ten crowns"], "split": "train"},
        {"id": "b", "question": "How much is a ticket?", "answers": ["six crowns"], "split": "train"},
        {"id": "c", "question": "How much is a ticket?", "answers": ["ten crowns"], "split": "test"},
    ]
    lines = "\n".join(map(json.dumps, rows))
    assert http.post(BASE, data={"name": "faq"}, files={"file": ("faq.jsonl", lines)}).status_code == 201

    told = command("check", "faq")
    found = http.get(f"{BASE}/faq/check").json()

    assert told.exit_code == 1
    assert "B asked the same as an earlier one and answered otherwise." in told.stdout
    assert "Leak: faq c asks the same as the training example a." in told.stdout
    assert [each["kind"] for each in found["findings"]] == ["contradicting"]
    assert [each["example"] for each in found["leaks"]] == ["a"]


def test_drafts_are_reviewed_by_a_file_and_at_the_terminal(
    http: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def client(home: Path | None) -> Iterator[Client]:
        yield Client(http)

    monkeypatch.setattr(drafts, "client", client)
    domain = http.get("/v1/domains/default").json()["id"]
    examples = [Example(key, "dev", asks(f"{key}?", key), {}, review="draft") for key in "abcd"]
    create_dataset(store, domain, "drafts", "qa", "synthetic", examples)
    decided = tmp_path / "decided.jsonl"
    decided.write_text('{"key": "a", "verdict": "drop"}\n', encoding="utf-8")

    words = ["eval", "review", "--dataset", "drafts"]
    by_file = CliRunner().invoke(app, [*words, "--file", str(decided), "--json"])
    typed = CliRunner().invoke(app, words, input="k\ne\nHow much?\nten\nq\n")

    assert json.loads(by_file.stdout)["drafts"] == 3, by_file.output
    assert typed.exit_code == 0, typed.output
    found = {each["key"]: each for each in http.get(f"{BASE}/drafts/examples").json()["data"]}
    assert {key: each["review"] for key, each in found.items()} == {"b": "kept", "c": "edited", "d": "draft"}
    assert found["c"]["content"] == {"question": "How much?", "answers": ["ten"]}
