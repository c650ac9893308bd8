"""Reading questions: only those that a quote can answer, and which documents hold their answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.answers_data import Asked, read_answers

_CORPUS = [
    {"_id": "mill", "title": "Mill", "text": "The mill was built in 1820."},
    {"_id": "inn", "title": "Inn", "text": "The inn opened in 1820, too; it has 18 rooms."},
    {"_id": "leave", "title": "假期", "text": "员工每年享有十五天带薪年假。"},
]
_QUESTIONS = [
    {"question": "When was the mill built?", "answers": ["1820"], "doc_ids": ["mill"]},
    {"question": "How old is the mill?", "answers": ["206 years"], "doc_ids": ["mill"]},
    {"question": "Is there an inn?", "answers": [" "], "doc_ids": ["inn"]},
    {"question": "员工每年有多少天年假？", "answers": ["十五天"], "doc_ids": ["leave"]},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "qa").mkdir()
    for name, lines in (("corpus", _CORPUS), ("qa/test", _QUESTIONS)):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_questions_that_no_quote_answers_are_counted_and_left_out(folder: Path) -> None:
    found = read_answers(folder, "test", None)

    assert [(asked.cluster, asked.language) for asked in found.questions] == [("mill", "en"), ("leave", "zh")]
    assert found.left_out == 2
    assert [asked.cluster for asked in read_answers(folder, "test", 1).questions] == ["mill"]


def test_all_documents_with_an_answer_are_found_by_whole_tokens(folder: Path) -> None:
    found = read_answers(folder, "test", None)

    assert found.holders(found.questions[0]) == {"mill", "inn"}
    assert found.holders(found.questions[1]) == {"leave"}
    assert found.holders(Asked("How many rooms?", ["18", "the"], frozenset({"inn"}), "en")) == {"inn"}
