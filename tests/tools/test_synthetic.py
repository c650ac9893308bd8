"""Synthetic documents: marked answers stand where they should, near misses have none, held-out domains stay out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.reader.synthetic.cases import case, case_count
from tools.reader.synthetic.drawing import draw
from tools.reader.synthetic.facts import domains
from tools.reader.synthetic.marks import keys_of, mark, unmarked
from tools.reader.synthetic.rendering import passages
from tools.reader.synthetic.sheets import sheet
from tools.reader.synthetic.tables import grid
from tools.reader.synthetic.values import chinese_number, value
from tools.reader.synthetic.wording import roughened

_PLAIN = st.text(st.characters(blacklist_characters="\x01\x02\x03"), max_size=20)


@given(_PLAIN, _PLAIN, _PLAIN, _PLAIN)
def test_marks_come_out_again_with_the_places_of_what_they_marked(
    before: str, first: str, inner: str, after: str
) -> None:
    text, spans = unmarked(before + mark("outer", first + mark("inner", inner)) + after)

    assert text == before + first + inner + after
    assert [text[a:b] for a, b in spans["outer"]] == [first + inner]
    assert [text[a:b] for a, b in spans["inner"]] == [inner]


def test_a_table_row_is_shown_with_the_names_of_its_columns_and_an_item_with_its_lead_in() -> None:
    document = f"## Fees\n\n| Kind | Price |\n|---|---|\n| Boat | {mark('boat', '12')} |\n| Oar |  |"
    (only,) = passages("Lake", document, "en", random.Random(1))
    listed = "You need:\n- " + "a rope " * 60 + "\n- " + mark("hat", "a hat " * 60)
    last = passages("Lake", listed, "en", random.Random(1))[-1]

    assert only.content == "Lake > Fees\nKind: Boat; Price: 12\nKind: Oar; Price: -"
    assert [only.content[a:b] for a, b in only.spans["boat"]] == ["12"]
    assert last.content.startswith("Lake\nYou need:\n- a hat")


def test_tasks_are_repeated_by_their_seed_and_mostly_have_their_answer() -> None:
    first = [draw(random.Random(seed)) for seed in range(60)]
    again = [draw(random.Random(seed)) for seed in range(60)]

    assert first == again
    assert 25 < sum(bool(task.spans) for task in first) < 50
    for task in first:
        assert tuple(task.context[a:b] for a, b in task.spans) == task.answers
        assert all(answer.strip() for answer in task.answers)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_hand_written_question_finds_its_mark_and_every_slot_is_filled(lang: str) -> None:
    for number in range(case_count(lang)):
        source = case(lang, number, random.Random(number))

        assert {key for ask in source.asks for key in ask.keys} <= keys_of(source.text), source.title
        assert not {"[[", "]]", "{", "}"} & set(unmarked(source.text)[0]), source.title


def test_the_documents_of_other_sites_tell_the_same_facts() -> None:
    chance = random.Random(2)
    sheets = [sheet(chance.choice(domains(held=False)), "en", chance) for _ in range(40)]
    alike = [each for each in sheets if each.rivals]

    assert len(alike) > 10
    for each in alike:
        assert all(keys_of(text) == keys_of(each.text) and title != each.title for title, text in each.rivals)
    assert any(text != each.text for each in alike for _, text in each.rivals)


def test_a_cell_is_asked_for_by_its_row_and_its_column() -> None:
    garage = next(domain for domain in domains(held=False) if domain.name.en == "garage")
    source = grid(garage, "en", random.Random(4))
    text = unmarked(source.text)[0]

    cells = {ask.keys: ask.ways["en"] for ask in source.asks if ask.keys}
    assert len(cells) > 4
    assert len(set(cells.values())) == len(cells)
    assert text.count("\n|") >= 4


def test_held_out_domains_are_not_trained_on() -> None:
    trained, held = domains(held=False), domains(held=True)

    assert len(held) == 4
    assert not {each.name for each in trained} & {each.name for each in held}
    assert all(fact.wordings.keys() == set("sqlSQL") for each in (*trained, *held) for fact in each.facts)


@pytest.mark.parametrize(("number", "written"), [(0, "零"), (10, "十"), (14, "十四"), (20, "二十"), (99, "九十九")])
def test_chinese_numbers(number: int, written: str) -> None:
    assert chinese_number(number) == written


@given(st.randoms(use_true_random=False))
def test_values_are_written_in_both_languages_and_questions_never_vanish(chance: random.Random) -> None:
    money = value("money", chance)
    question = roughened("how much deposit for a bike", "en", chance)

    assert any(sign in money.en for sign in ("€", "EUR", "$", "£", "euros"))
    assert "元" in money.zh or "块" in money.zh
    assert len(question) > 10
