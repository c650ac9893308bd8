"""A data folder of before: what it has seen becomes known, and what it kept of deleted documents goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from store import migrations, schema
from store.database import Database
from store.fingerprints import Fingerprint, read_salt
from store.sqlite import sqlite_url


def _insert(connection: sa.Connection, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    plain = {name: json.dumps(each) if isinstance(each, dict | list) else each for name, each in values.items()}
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({places})"), plain)


def _old_folder(path: Path) -> Database:
    """A database at the version before, with a deleted and a living document, examples, a model and two reports."""
    database = Database.at(sqlite_url(path))
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        _insert(connection, "domains", id="dom_1", name="d", description="", metadata={}, created_at=0)
        about = {"domain_id": "dom_1", "external_id": "a", "title": "a", "status": "searchable", "version": 1}
        _insert(connection, "documents", id="doc_here", **about, metadata={}, created_at=0, updated_at=0)
        dataset = {"domain_id": "dom_1", "name": "faq", "kind": "qa", "origin": "human", "created_at": 0}
        _insert(connection, "datasets", id="ds_1", **dataset)
        for key, flag in (("1", "tainted"), ("2", None)):
            content = {"question": f"Who is number {key}?", "answers": ["Six"]}
            _insert(connection, "examples", dataset_id="ds_1", key=key, split="train", content=content, flag=flag)
        model = {"kind": "adapter", "domain_id": "dom_1", "state": "candidate", "flags": [], "metrics": {}}
        place = {"path": "x", "sha256": "x", "created_at": 0}
        lineage = {"dataset": {"id": "ds_1", "split": "train"}}
        _insert(connection, "models", id="mdl_1", **model, **place, lineage=lineage)
        for name, cited in (("evl_gone", "doc_gone"), ("evl_here", "doc_here")):
            report = {"records": [{"answer": "Six it is", "cited": [cited]}, {"answer": "Seven", "cited": []}]}
            where = {"domain_id": "dom_1", "dataset_id": "ds_1", "job_id": name, "created_at": 0}
            _insert(connection, "evaluations", id=name, **where, report=report)
    return database


def test_an_old_folder_gets_fingerprints_and_loses_what_it_kept_of_deleted_documents(tmp_path: Path) -> None:
    database = _old_folder(tmp_path / "tandem.db")

    database.migrate()

    with database.read() as connection:
        salt = read_salt(connection)
        examples = connection.execute(sa.select(schema.examples).order_by(schema.examples.c.number)).all()
        asked = connection.execute(sa.select(schema.model_questions)).all()
        reports = dict(connection.execute(sa.select(schema.evaluations.c.id, schema.evaluations.c.report)).all())
        pairs = connection.execute(sa.select(schema.evaluation_documents)).all()
    database.close()
    expected = [Fingerprint.of(salt, f"Who is number {key}?", ["Six"]) for key in "12"]
    assert [example.content for example in examples] == [{}, {"question": "Who is number 2?", "answers": ["Six"]}]
    assert [Fingerprint.from_json(example.fingerprint) for example in examples] == expected
    assert [(row.model_id, row.example) for row in asked] == [("mdl_1", "faq 1"), ("mdl_1", "faq 2")]
    assert [Fingerprint.from_json(row.fingerprint) for row in asked] == expected
    assert [record["answer"] for record in reports["evl_gone"]["records"]] == ["", ""]
    assert reports["evl_gone"]["blanked"] == 2
    assert [record["answer"] for record in reports["evl_here"]["records"]] == ["Six it is", "Seven"]
    assert {(row.evaluation_id, row.document_id) for row in pairs} == {
        ("evl_gone", "doc_here"),
        ("evl_here", "doc_here"),
    }
