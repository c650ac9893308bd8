"""Questions that are nearly the same as one that training asked, and questions that only look alike."""

from __future__ import annotations

import pytest

from eval.leaks import Asked, Twins
from store.fingerprints import Fingerprint

SALT = b"a key"
TRAINING = [
    ("What are the symptoms of diabetes?", "thirst"),
    ("What are the symptoms of measles?", "a rash"),
    ("How is asthma treated?", "by inhaling"),
    ("How many passengers does the ferry Aurora carry?", "120"),
    ("云岭茶园的成人门票多少钱？", "四十元"),
    ("北线索道在多大风速下会停运？", "八级"),
]


def asked(question: str, answer: str, documents: frozenset[str] = frozenset()) -> Asked:
    return Asked(question, Fingerprint.of(SALT, question, [answer] if answer else []), documents)


def twin(question: str, answer: str, documents: frozenset[str] = frozenset()) -> str | None:
    known = [asked(*each, frozenset({f"doc_{place}"})) for place, each in enumerate(TRAINING)]
    mine = asked(question, answer, documents)
    found = Twins(known, [mine], SALT).of(mine)
    return found and found.name


@pytest.mark.parametrize(
    ("question", "answer", "training"),
    [
        ("WHAT ARE THE SYMPTOMS OF DIABETES", "thirst", 0),
        ("What What are the symptoms of diabetes?", "thirst", 0),
        ("Please tell me: what are the symptoms of diabetes?", "often thirst", 0),
        ("Of diabetes, what are the symptoms?", "thirst", 0),
        ("Which symptom of diabetes are there?", "thirst", 0),
        ("How many passengers does the old ferry Aurora carry?", "120", 3),
        ("How many passengers does the ferry carry?", "120", 3),
        ("请问云岭茶园的成人门票多少钱", "四十元", 4),
        ("成人门票多少钱，云岭茶园？", "四十元", 4),
        ("北线索道在多大的风速下就会停运？", "八级", 5),
    ],
)
def test_small_edits_of_a_training_question_are_found(question: str, answer: str, training: int) -> None:
    assert twin(question, answer) == TRAINING[training][0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are the symptoms of mumps?", "swelling"),
        ("What are the symptoms of mumps?", "thirst"),  # the same answer to another question
        ("How is diabetes treated?", "by insulin"),
        ("How many passengers does the ferry Borealis carry?", "80"),
        ("云岭博物馆的成人门票多少钱？", "二十元"),
        ("南线索道在多大风速下会停运？", "七级"),
        ("Who is the mayor?", ""),
    ],
)
def test_questions_of_one_template_about_other_things_are_not(question: str, answer: str) -> None:
    assert twin(question, answer) is None


def test_a_word_more_is_found_by_the_document_too() -> None:
    question = "How many passengers does the brand new ferry Aurora carry?"

    assert twin(question, "a hundred and twenty", frozenset({"doc_3"})) == TRAINING[3][0]


def test_false_alarms_on_templated_questions_are_rare() -> None:
    things = [f"{first}{second}osis" for first in "abcdefghij" for second in ("lar", "mun", "ter", "vis", "pod")]
    templates = ("What are the symptoms of {}?", "How is {} treated?", "What causes {}?", "Who is at risk for {}?")
    known = [asked(t.format(thing), f"{thing} {t[:5]}") for thing in things[:35] for t in templates]
    fresh = [asked(t.format(thing), f"{thing} {t[:5]}") for thing in things[35:] for t in templates]
    twins = Twins(known, fresh, SALT)

    assert [each.name for each in fresh if twins.of(each)] == []
