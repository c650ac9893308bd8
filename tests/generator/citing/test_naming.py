"""Names: a statement does not hold where the sentence has another name in its place."""

from __future__ import annotations

import pytest

from generator.citing.claims import support
from generator.citing.naming import other_name

PASSAGE = (
    "The mayor of Bonn met Anna Keller. Later the mayor of Berlin opened a library. The United Nations sent Mr Ito."
    "张明是厂长。李华是仓库主管。王芳负责采购。"
)


@pytest.mark.parametrize(
    ("statement", "sentence", "names"),
    [
        ("The mayor of Berlin met Anna Keller.", "The mayor of Bonn met Anna Keller.", ("Berlin", "Bonn")),
        ("The mayor of Paris met Anna Keller.", "The mayor of Bonn met Anna Keller.", ("Paris", "Bonn")),
        ("张明是仓库主管。", "李华是仓库主管。", ("张明", "李华")),
        ("仓库主管是王芳。", "仓库主管是李华。", ("王芳", "李华")),
    ],
)
def test_another_name_in_its_place_is_found(statement: str, sentence: str, names: tuple[str, str]) -> None:
    assert other_name(statement, sentence, PASSAGE) == names
    assert (
        support(statement, sentence, 0.6, PASSAGE)[1] == f"the sentence has {names[1]!r} in the place of {names[0]!r}"
    )
    assert support(sentence, sentence, 0.6, PASSAGE)[1] is None


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("Anna Keller met the mayor of Bonn.", "She met the mayor of Bonn."),
        ("The mayor of Bonn met Keller.", "The mayor of Bonn met Anna Keller."),
        ("The UN sent Mr Ito.", "The United Nations sent Mr Ito."),
        ("The German mayor met Anna Keller.", "The Germany mayor met Anna Keller."),
        ("Dr Ito came to Bonn.", "Mr Ito came to Bonn."),
        ("The office opens at nine.", "The counter opens at nine."),
        ("员工每年享有十五天年假。", "职工每年享有十五天年假。"),
        ("", "The mayor of Bonn met Anna Keller."),
        ("Berlin " * 400, "Bonn " * 400),
    ],
)
def test_the_same_one_in_other_words_is_no_other_name(statement: str, sentence: str) -> None:
    assert other_name(statement, sentence, PASSAGE) is None
