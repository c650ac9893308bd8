"""A deletion reaches what was made from the document: no live row holds its text, and what was seen is still known."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from writing import asks, begin_evaluation, begin_job, new_model, put, write_adapter

from store import schema
from store.datasets import Example, create_dataset, list_examples
from store.documents import delete_document
from store.domains import Domain
from store.evaluations import get_evaluation, save_report
from store.fingerprints import Fingerprint, fingerprint_salt
from store.jobs import finish_job
from store.models import learned_questions, publish_model
from store.store import Store

SECRET = "Zanzibar"
SENTENCE = f"The vault of {SECRET} opens with 4711."


def record(key: str, documents: list[str] | None, text: str) -> dict[str, Any]:
    """A record of an evaluation, as it is stored; without `documents` as it was stored before these were named."""
    found = {"key": key, "arm": "rag", "question": text, "gold": [text], "answer": text, "scores": {"f1": 1.0}}
    return found | ({} if documents is None else {"documents": documents})


def live_text(store: Store) -> str:
    """All rows of all tables as one text."""
    with store.database.read() as connection:
        rows = [connection.execute(sa.select(table)).all() for table in schema.metadata.sorted_tables]
    return repr(rows)


def saved(store: Store, domain: Domain, *records: dict[str, Any]) -> str:
    evaluation, lease = begin_evaluation(store, domain.id)
    save_report(store, lease, {"schema": 2, "records": list(records), "verdict": {"arm": "rag"}})
    finish_job(store, lease, "succeeded")
    return evaluation.id


def test_no_live_row_holds_the_text_of_a_deleted_document(store: Store, domain: Domain) -> None:
    secret, kept = put(store, domain.id, "a", SENTENCE), put(store, domain.id, "b", "Lunch is at noon.")
    examples = [
        Example("1", "train", asks(f"How does {SECRET} open?", SENTENCE), {secret.id: 1}),
        Example("2", "train", asks("When is lunch?", "noon"), {kept.id: 1}),
    ]
    dataset = create_dataset(store, domain.id, "faq", "qa", "human", examples)
    evaluation = saved(
        store, domain, record("1", [secret.id, kept.id], SENTENCE), record("2", [kept.id], "Lunch is at noon.")
    )
    assert SECRET in live_text(store)

    delete_document(store, domain.id, secret.id)

    assert SECRET not in live_text(store)
    report = get_evaluation(store, evaluation).report
    assert report is not None
    first, second = report["records"]
    assert (first["question"], first["gold"], first["answer"], first["blanked"]) == ("", [], "", True)
    assert first["scores"] == {"f1": 1.0}
    assert second == record("2", [kept.id], "Lunch is at noon.")
    assert report["blanked"] == 1
    assert [example.content for example in list_examples(store, dataset.id)] == [None, examples[1].content]


def test_a_report_that_ends_after_the_deletion_is_stored_without_the_text(store: Store, domain: Domain) -> None:
    secret = put(store, domain.id, "a", SENTENCE)
    evaluation, lease = begin_evaluation(store, domain.id)
    delete_document(store, domain.id, secret.id)

    save_report(store, lease, {"records": [record("1", [secret.id], SENTENCE)]})

    assert SECRET not in live_text(store)
    assert get_evaluation(store, evaluation.id).report is not None


def test_a_second_deletion_counts_what_both_have_blanked(store: Store, domain: Domain) -> None:
    one, two = put(store, domain.id, "a", SENTENCE), put(store, domain.id, "b", "noon")
    evaluation = saved(store, domain, record("1", [one.id], SENTENCE), record("2", [two.id], "noon"))

    for document in (one, two):
        delete_document(store, domain.id, document.id)

    report = get_evaluation(store, evaluation).report
    assert report is not None
    assert report["blanked"] == 2


def test_a_record_that_names_no_documents_may_hold_the_text_of_any(store: Store, domain: Domain) -> None:
    secret, kept = put(store, domain.id, "a", SENTENCE), put(store, domain.id, "b", "noon")
    evaluation = saved(store, domain, record("1", [secret.id, kept.id], SENTENCE))
    report = json.loads(json.dumps({"records": [record("1", None, SENTENCE)]}))  # as an older version left it
    with store.database.write() as connection:
        connection.execute(schema.evaluations.update().values(report=report))

    delete_document(store, domain.id, kept.id)

    assert SENTENCE not in repr(get_evaluation(store, evaluation).report)


def test_what_was_asked_is_known_after_text_and_data_set_are_gone(store: Store, domain: Domain) -> None:
    secret = put(store, domain.id, "a", SENTENCE)
    content = asks(f"How does {SECRET} open?", "4711")
    dataset = create_dataset(store, domain.id, "faq", "qa", "human", [Example("1", "train", content, {secret.id: 1})])
    fingerprint = Fingerprint.of(fingerprint_salt(store), content.question, content.answers)
    model = new_model(domain.id, {secret.id: 1}, [("faq 1", fingerprint)])
    published = publish_model(store, begin_job(store, domain.id), model, write_adapter)

    delete_document(store, domain.id, secret.id)

    assert list_examples(store, dataset.id)[0].fingerprint == fingerprint
    assert learned_questions(store, published.id) == [("faq 1", fingerprint)]


def test_a_fingerprint_knows_words_in_any_order_case_and_number_and_holds_none_of_them(store: Store) -> None:
    salt = fingerprint_salt(store)
    one = Fingerprint.of(salt, "How many tickets does Ada buy?", ["12 Crowns"])
    same = Fingerprint.of(salt, "ada, BUY how many ticket does", ["12 crowns."])
    other = Fingerprint.of(salt, "How many tickets does Ben buy?", [])

    assert (one, one.number) == (same, same.number)
    assert len(one.words - other.words) == len(other.words - one.words) == 1
    assert one.number != other.number
    assert Fingerprint.of(b"another folder", "How many tickets does Ada buy?", []).words.isdisjoint(one.words)
    assert "ada" not in repr(one.as_json())
    assert Fingerprint.from_json(one.as_json()) == one
