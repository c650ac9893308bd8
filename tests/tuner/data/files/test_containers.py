"""Files as records: arrays, objects, tables, folders, with byte order marks and ends of Windows, and broken ones."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.datasets import Dataset, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.examples import QuestionContent, Relevant, RetrievalContent
from store.store import Store
from tuner.data.files.container import DataFile
from tuner.data.files.json_records import records
from tuner.data.importing import Wishes, import_examples
from tuner.data.record import Problem

ROWS = [{"question": "How much?", "answers": ["ten"]}, {"question": "多少钱？", "answers": ["十元", "10"]}]
CONTENTS = [QuestionContent(question=row["question"], answers=row["answers"]) for row in ROWS]  # type: ignore[arg-type]


def taken(store: Store, domain: Domain, *files: DataFile, skip_bad: bool = False) -> Dataset:
    return import_examples(store, domain.id, "set", files, Wishes(split="train", skip_bad=skip_bad))


def contents(store: Store, dataset: Dataset) -> list[Any]:
    return [each.content for each in list_examples(store, dataset.id)]


def refused(store: Store, domain: Domain, *files: DataFile) -> str:
    with pytest.raises(InvalidInputError) as caught:
        taken(store, domain, *files)
    return caught.value.message


_LINES = "\n".join(json.dumps(row) for row in ROWS)
_CSV = 'question,answers\r\nHow much?,ten\r\n多少钱？,"[""十元"", ""10""]"\r\n'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", _LINES),
        ("a.jsonl", _LINES.replace("\n", "\r\n") + "\r\n"),
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps(ROWS, indent=2, ensure_ascii=False)),
        ("a.json", "\ufeff" + json.dumps(ROWS, indent=2).replace("\n", "\r\n")),
        ("a.json", json.dumps({"data": ROWS}, indent=1)),
        ("a.csv", _CSV),
        ("a.CSV", "\ufeff" + _CSV.replace(",", ";").replace('""; ""', '"", ""')),
        ("a.tsv", _CSV.replace("question,", "question\t").replace("?,", "?\t").replace("？,", "？\t")),
    ],
)
def test_however_a_file_holds_them_its_records_are_the_same(store: Store, domain: Domain, name: str, data: str) -> None:
    assert contents(store, taken(store, domain, DataFile(name, data.encode()))) == CONTENTS


def test_a_parquet_file_is_read(store: Store, domain: Domain) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    written = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(ROWS), written)

    assert contents(store, taken(store, domain, DataFile("a.parquet", written.getvalue()))) == CONTENTS
    assert "a.parquet cannot be read" in refused(store, domain, DataFile("a.parquet", b"PAR1 and no more"))


def test_tables_of_autorag_bring_their_texts(store: Store, domain: Domain) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    tables = {
        "qa.parquet": [{"qid": "1", "query": "How much?", "retrieval_gt": [["c"]], "generation_gt": ["ten"]}],
        "corpus.parquet": [{"doc_id": "c", "contents": "It costs ten."}],
    }
    files = []
    for name, rows in tables.items():
        written = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist(rows), written)
        files.append(DataFile(name, written.getvalue()))

    dataset = taken(store, domain, *files)

    assert contents(store, dataset) == [QuestionContent(question="How much?", answers=["ten"])]
    assert dataset.warnings == ["Record 1 came from a text that stands in no document of the domain."]


def _beir(**changes: str) -> list[DataFile]:
    files = {
        "corpus.jsonl": '{"_id": "c", "title": "Fares", "text": "It costs ten."}\n{"_id": "d", "text": "x"}\n',
        "queries.jsonl": '{"_id": "1", "text": "How much?"}\n{"_id": "2", "text": "Who?"}\n',
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\n1\tc\t2\n1\td\t0\n",
        "qrels/train.tsv": "query-id\tcorpus-id\tscore\r\n2\td\t1\r\n",
    }
    return [DataFile(name, text.encode()) for name, text in {**files, **changes}.items()]


def test_a_folder_of_beir_becomes_queries_with_grades_and_splits(store: Store, domain: Domain) -> None:
    found = list_examples(store, taken(store, domain, *_beir()).id)

    assert [(each.key, each.split, each.content) for each in found] == [
        (
            "1",
            "test",
            RetrievalContent(
                query="How much?", relevant=[Relevant(id="c", grade=2, title="Fares", text="It costs ten.")]
            ),
        ),
        ("2", "train", RetrievalContent(query="Who?", relevant=[Relevant(id="d", text="x")])),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"qrels/test.tsv": "q\tc\ts\n1\tc\n"}, "line 2 (record 1), test.tsv: a line is query-id, corpus-id and"),
        ({"qrels/test.tsv": "q\tc\ts\n9\tc\t1\n"}, "queries.jsonl has no query '9'"),
        ({"qrels/test.tsv": "q\tc\ts\n1\tz\t1\n"}, "corpus.jsonl has no text 'z'"),
        ({"corpus.jsonl": "{"}, "line 1: no JSON"),
        ({"queries.jsonl": '{"id": 1}'}, "line 1: _id and text must be there (in queries.jsonl)"),
    ],
)
def test_what_is_wrong_in_a_folder_is_named(store: Store, domain: Domain, changes: dict[str, str], said: str) -> None:
    assert said in refused(store, domain, *_beir(**changes))


def test_files_that_do_not_belong_together_are_refused(store: Store, domain: Domain) -> None:
    assert "these files are no data set together: a.jsonl, b.jsonl" in refused(
        store, domain, DataFile("a.jsonl", b"{}"), DataFile("b.jsonl", b"{}")
    )
    assert "a folder of BEIR has corpus.jsonl" in refused(store, domain, *_beir()[:2])


def test_the_info_of_llama_factory_says_what_fields_and_roles_are_called(store: Store, domain: Domain) -> None:
    info = {
        "mine": {
            "file_name": "data/talks.json", "formatting": "sharegpt", "columns": {"messages": "turns"},
            "tags": {"role_tag": "who", "content_tag": "says", "user_tag": "guest", "assistant_tag": "host"},
        }
    }  # fmt: skip
    talk = [{"turns": [{"who": "guest", "says": "Hi"}, {"who": "host", "says": "Hello"}]}]
    files = [
        DataFile("dataset_info.json", json.dumps(info).encode()),
        DataFile("talks.json", json.dumps(talk).encode()),
    ]

    (found,) = contents(store, taken(store, domain, *files))

    assert [(each.role, each.content) for each in found.messages] == [("user", "Hi"), ("assistant", "Hello")]
    other = DataFile("other.json", b"[]")
    assert "dataset_info.json has 0 entries whose file_name is 'other.json'" in refused(store, domain, files[0], other)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", "question,answers\nQ?,a,b\n", "line 2 (record 1): there are 3 cells, and 2 columns have names"),
        ("a.csv", 'question,answers\nQ?,"a\n', "line 2 (record 1): no CSV (unexpected end of data)"),
        ("a.csv", "question,question\n", "line 1 must name each column once, and 'question'"),
        ("a.json", '[\n{"question": "Q?", "answers": []},\n{"question": }\n]', "line 3 (record 2): no JSON"),
        ("a.json", '[{"question": "Q?", "answers": []}', "the array cannot be read from here on"),
        ("a.json", '{\n"data": [\n}', "line 3 (record 1): no JSON"),
        ("a.jsonl", b"{}\n\xff", "the file is not UTF-8: line 2 has the byte 0xff"),
    ],
)
def test_a_broken_file_is_refused_where_it_breaks(
    store: Store, domain: Domain, name: str, data: str | bytes, said: str
) -> None:
    assert said in refused(store, domain, DataFile(name, data if isinstance(data, bytes) else data.encode()))


def test_what_is_wrong_is_left_out_and_listed_if_that_is_asked_for(store: Store, domain: Domain) -> None:
    data = "\n".join([json.dumps(ROWS[0]), "{", '{"question": "Q?"}', json.dumps(ROWS[1])])

    dataset = taken(store, domain, DataFile("a.jsonl", data.encode()), skip_bad=True)

    assert contents(store, dataset) == CONTENTS
    assert [each[:27] for each in dataset.warnings] == ["Left out: line 2: no JSON (", "Left out: line 3: answers i"]
    with pytest.raises(InvalidInputError, match=r"no record is left\. Left out: line 1: no JSON"):
        taken(store, domain, DataFile("b.jsonl", b"{"), skip_bad=True)


def test_fields_that_a_format_does_not_have_are_named(store: Store, domain: Domain) -> None:
    data = json.dumps({**ROWS[0], "source": "web", "train_overlap": 0.1}).encode()

    assert taken(store, domain, DataFile("a.jsonl", data)).warnings == [
        "Fields that the format qa does not have were left out: source, train_overlap."
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.dictionaries(st.text(), _JSON, min_size=1, max_size=4), min_size=1, max_size=4),
    indent=st.sampled_from([None, 1]),
)
def test_an_array_and_its_lines_are_the_same_records(rows: list[dict[str, Any]], indent: int | None) -> None:
    problems: list[Problem] = []
    array = DataFile("", json.dumps(rows, indent=indent).encode())

    assert [each.fields for each in records([array], problems)] == rows
    if not any(name in row for row in rows for name in ("data", "results")):
        lines = DataFile("", "\n".join(map(json.dumps, rows)).encode())
        assert [each.fields for each in records([lines], problems)] == rows
    assert problems == []


@settings(max_examples=100, deadline=None)
@given(data=st.binary() | st.text(alphabet='[]{}",: \n\\a1').map(str.encode))
def test_no_bytes_are_worse_than_a_refusal(data: bytes) -> None:
    with suppress(InvalidInputError):  # that it is not UTF-8
        list(records([DataFile("", data)], []))
