"""Templates: product reviews and other tables become instructions, and a template can do nothing but fill in."""

from __future__ import annotations

from typing import Any

import pytest

from store.datasets import Dataset, list_datasets, list_examples
from store.domains import Domain
from store.errors import InvalidInputError
from store.store import Store
from tuner.data.files.container import DataFile
from tuner.data.templates.applying import Filling, instruct
from tuner.data.templates.template import Template, filled, read_template, shipped

REVIEWS = """body,stars,product
"Arrived quickly, and the kettle boils in a minute.",5,kettle
The lid broke after two days.,1,kettle
It is a kettle. It boils water.,3,kettle
水壶很漂亮，烧水也快，下次还会再买。,5,水壶
用了两天盖子就坏了，非常失望。,2,水壶
"""
COLUMNS = {"text": "body", "rating": "stars"}
_OWN = '[fields]\nname = "who"\n[[en]]\nprompt = "Greet {{ name }}."\nreply = "%s"\n'


def made(store: Store, domain: Domain, table: str, template: Template | None = None, **how: Any) -> Dataset:
    template = template or shipped()["sentiment"]
    return instruct(store, domain.id, "made", [DataFile("t.csv", table.encode())], template, Filling(**how))


def turns(store: Store, dataset: Dataset) -> list[tuple[str, str]]:
    found: list[Any] = [each.content for each in list_examples(store, dataset.id)]
    return [(each.messages[0].content, each.messages[1].content) for each in found]


def test_reviews_become_questions_for_their_sentiment_in_their_own_language(store: Store, domain: Domain) -> None:
    dataset = made(store, domain, REVIEWS, columns=COLUMNS, split="train")

    found = turns(store, dataset)
    moods = [reply for _, reply in found]
    assert dataset.kind == "chat"
    assert [next(w for w in ("positive", "negative", "neutral", "正面", "负面") if w in mood) for mood in moods] == [
        "positive", "negative", "neutral", "正面", "负面",
    ]  # fmt: skip
    assert all(text in prompt for text, (prompt, _) in zip(_bodies(), found, strict=True))
    again = instruct(store, domain.id, "again", [DataFile("t.csv", REVIEWS.encode())], shipped()["sentiment"],
                     Filling(columns=COLUMNS, split="train"))  # fmt: skip
    assert turns(store, again) == found  # by the same seed the same wordings


def _bodies() -> list[str]:
    return [line.removeprefix('"').split('",')[0].rsplit(",", 2)[0] if '"' not in line else line[1 : line.index('",')]
            for line in REVIEWS.splitlines()[1:]]  # fmt: skip


def test_a_record_in_several_wordings_stays_in_one_split(store: Store, domain: Domain) -> None:
    rows = "".join(f"Review number {number} of this product.,{number % 5 + 1},x\n" for number in range(20))

    dataset = made(store, domain, f"body,stars,product\n{rows}", columns=COLUMNS, wordings=3, language="both")

    assert sum(dataset.splits.values()) == 20 * 6
    assert {*dataset.splits} == {"train", "dev", "test"}
    splits: dict[str, set[str]] = {}
    for each in list_examples(store, dataset.id):
        splits.setdefault(each.key.split(".")[0], set()).add(each.split)
    assert len(splits) == 20
    assert all(len(found) == 1 for found in splits.values())
    assert len({prompt for prompt, _ in turns(store, dataset)}) == 20 * 6


def test_ratings_of_0_and_1_alone_are_negative_and_positive(store: Store, domain: Domain) -> None:
    dataset = made(store, domain, "text,rating\nGood one,1\nBad one,0\n", split="train", language="en")

    assert ["positive" in r or "Yes" in r for _, r in turns(store, dataset)] == [True, False]


def test_the_classes_of_a_table_are_named(store: Store, domain: Domain) -> None:
    table = "text,label\nMy card is lost,card\nWhere is my money,transfer\n"

    dataset = made(store, domain, table, shipped()["classify"], split="train", wordings=3)

    assert all("card, transfer" in prompt for prompt, _ in turns(store, dataset))
    assert {reply for _, reply in turns(store, dataset)} == {"card", "transfer"}


def test_a_field_may_be_the_same_for_all_records(store: Store, domain: Domain) -> None:
    table = "source,target\nGood morning,早上好\n"

    dataset = made(store, domain, table, shipped()["translate"], columns={"into": "=Chinese"}, split="train")

    ((prompt, reply),) = turns(store, dataset)
    assert "Chinese" in prompt
    assert reply == "早上好"


@pytest.mark.parametrize("template", shipped().values(), ids=shipped())
def test_every_shipped_wording_says_all_and_differs(template: Template) -> None:
    fields = {name: f"<{name}>" for name in template.fields} | {"choices": "a, b"}
    fields |= {"rating": "5"} if "rating" in fields else {}

    for language, wordings in template.wordings.items():
        written = [(filled(each.prompt, fields), filled(each.reply, fields)) for each in wordings]
        assert len(set(written)) == len(written) >= 2, language
        for prompt, reply in written:
            assert all(value in prompt + reply for name, value in fields.items() if name not in ("choices", "rating"))
    assert {*template.wordings} == {"en", "zh"}


@pytest.mark.parametrize(
    ("table", "how", "said"),
    [
        ("body,stars\nGood,7\n", {"columns": COLUMNS}, "line 2 (record 1): the rating '7' is not from 1 to 5"),
        ("body,stars\nGood,many\n", {"columns": COLUMNS}, "the rating 'many' is neither a number nor"),
        ("body,stars\n,5\n", {"columns": COLUMNS}, "line 2 (record 1): body is empty (for the field text)"),
        ("body,stars\nGood,5\n", {}, "text is no column; there is body, stars (for the field text)"),
        (
            "body,stars\nGood,5\n",
            {"columns": {"txt": "body"}},
            "sentiment has no field 'txt'; it has text (the review)",
        ),
        ("body,stars\n", {"columns": COLUMNS}, "the file has no record"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(
    store: Store, domain: Domain, table: str, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        made(store, domain, table, **how)

    assert said in caught.value.message
    assert list_datasets(store, domain.id) == []


def test_bad_records_are_left_out_and_listed_if_that_is_asked_for(store: Store, domain: Domain) -> None:
    dataset = made(store, domain, "text,rating\nGood,5\nOdd,9\n", skip_bad=True, split="train")

    assert dataset.splits == {"train": 1}
    assert dataset.warnings[1] == "Left out: line 3 (record 2): the rating '9' is not from 1 to 5."


def test_a_template_of_ones_own_is_used(store: Store, domain: Domain) -> None:
    own = read_template("own", _OWN % "Hello {{ name | trim | title }}!")

    assert turns(store, made(store, domain, "name\nada\n", own, split="train")) == [("Greet ada.", "Hello Ada!")]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("{% for i in range(9) %}x{% endfor %}", "en.0.reply: For is not allowed"),
        ("{{ name.__class__ }}", "Getattr is not allowed"),
        ("{{ name['x'] }}", "Getitem is not allowed"),
        ("{{ name * 99 }}", "Mul is not allowed"),
        ("{{ name() }}", "Call is not allowed"),
        ("{% set x = name %}", "Assign is not allowed"),
        ("{% include 'x' %}", "Include is not allowed"),
        ("{{ name | center(999999999) }}", "there is no filter 'center'"),
        ("{{ other }}", "'other' is none of its fields"),
        ("{{ name", "en.0.reply: "),
    ],
)
def test_a_template_that_does_more_than_fill_in_is_refused(reply: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_template("own", _OWN % reply.replace("\\", "\\\\").replace('"', '\\"'))

    assert said in caught.value.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("fields", "it is no TOML"),
        ("[fields]\n", "fields"),
        ('[fields]\na = "x"\n', "it has no wording"),
        ('choices = "b"\n[fields]\na = "x"\n[[en]]\nprompt = "{{ a }}"\nreply = "y"\n', "'b' is none of its fields"),
        ("x" * 30_000, "20000 are allowed"),
    ],
)
def test_a_file_that_is_no_template_is_refused(source: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_template("own", source)

    assert said in caught.value.message
