"""Separated values, JSON and RTF: rows and records, found by row and column."""

from __future__ import annotations

import codecs
import json

import pytest
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats import delimited, json_text, rich_text


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_that_separates_is_found(sign: str) -> None:
    data = f'City{sign}Fee{sign}Note\nBern{sign}12{sign}"a{sign}b"\nBasel{sign}9{sign}""\n'.encode()

    read = delimited.read(data)

    assert [cell(read, city, "Fee") for city in ("Bern", "Basel")] == ["12", "9"]
    assert cell(read, "Bern", "Note") == f"a{sign}b".replace("\t", " ")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("名前,年齢,住所\n佐藤太郎,30,東京\n髙橋淳,35,名古屋\n", "cp932"),
        ("姓名,部门,城市\n王小明,人力资源部,北京\n李华,财务管理部,上海\n", "gb18030"),
        ("Ort,Gebühr,Tag\nZürich,12,Montag\nKöln,9,Dienstag\n", "cp1252"),
    ],
)
def test_tables_are_read_in_their_encoding(text: str, encoding: str) -> None:
    header, first, *_ = (line.split(",") for line in text.splitlines())

    assert cell(delimited.read(text.encode(encoding)), first[0], header[2]) == first[2]


def test_a_mark_of_utf_16_and_ragged_rows_are_understood() -> None:
    read = delimited.read(codecs.BOM_UTF16_LE + "City,Fee\nBern,12,more\nBasel\n\nOther,Table\n1,2".encode("utf-16-le"))

    assert cell(read, "Bern", "Fee") == "12"
    assert cell(read, "1", "Table") == "2"
    assert "more" in read.text


def test_a_table_that_is_too_wide_for_one_is_several_with_the_first_column() -> None:
    names = ["City", *(f"c{number}" for number in range(150))]
    read = delimited.read("\n".join([",".join(names), ",".join(["Bern", *map(str, range(150))])]).encode())

    rows = [line for line in read.text.split("\n") if line.startswith("| Bern")]
    assert len(rows) == 3
    assert sorted(int(each) for row in rows for each in row.split("|")[2:-1]) == list(range(150))


def test_short_records_are_a_table_and_long_ones_lines() -> None:
    short = [{"city": "Bern", "fee": 12}, {"city": "Basel", "fee": None, "open": True}]
    long = [
        {"question": "Why? " * 40, "answer": {"text": "Because.", "tags": ["a", "b"]}},
        {"question": "x", "answer": 1},
    ]

    table = json_text.read(json.dumps(short).encode())
    lines = json_text.read("\n".join(json.dumps(each) for each in long).encode())

    assert (cell(table, "Bern", "fee"), cell(table, "Basel", "open")) == ("12", "true")
    assert "answer.text: Because.\nanswer.tags: a, b\n\nquestion: x" in lines.text


def test_broken_json_is_read_as_text_and_said_to_be() -> None:
    read = json_text.read(b'{"fee": 12,')

    assert (read.text, "no valid JSON" in str(read.doubt)) == ('{"fee": 12,', True)


def test_json_that_is_nested_without_end_is_no_crash() -> None:
    assert json_text.read(b"[" * 100_000).doubt is not None

    with pytest.raises(UnreadableError) as caught:
        json_text.read(b'{"a":' * 60 + b"1" + b"}" * 60)
    assert caught.value.code == "too_deep"


def test_rtf_gives_its_words_in_their_encoding_and_its_tables() -> None:
    chinese = "".join(f"\\'{byte:02x}" for byte in "年假".encode("gbk"))
    rows = "".join(f"\\trowd {a}\\cell {b}\\cell\\row\n" for a, b in (("City", "Fee"), ("Bern", "12")))

    read = rich_text.read(f"{{\\rtf1\\ansi\\ansicpg936 {chinese} 25\\par\n{rows}}}".encode())

    assert read.text.startswith("年假 25")
    assert cell(read, "Bern", "Fee") == "12"
