"""The lexical index: user text is words and never syntax, and snapshots stay as they are."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import pytest

from retriever.index.lexical import LexicalIndex, LexicalSnapshot, stems

_TEXTS = {
    1: "Employees leave the office at five.",
    2: "Leaving employees return their badges; the leaves in the yard are swept.",
    3: "员工每年享有十五天带薪年假。",
    4: "办公室早上九点开门，id 5 号楼。",
    5: "The budget TO approve is NOT open, see foo.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "words"
    made.mkdir()
    return made


@pytest.fixture
def index(folder: Path) -> LexicalIndex:
    opened = LexicalIndex(folder)
    opened.changed([], list(_TEXTS.items()))
    return opened


def _found(snapshot: LexicalSnapshot, query: str, allowed: set[int] | None = None) -> list[int]:
    return [key for key, _ in snapshot.search(query, 10, allowed)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('(foo "open NOT [a TO', {5}),
        ("id:5", {4}),
        ("id:1", {4}),
        ("body:/re/", set()),
        ("words:budget", {5}),
        ("-budget +foo^5 ~2", {4, 5}),
        ("budget AND badges", {2, 5}),
        ("bud*", set()),
        ("*", set()),
        ('"', set()),
        ("\\", set()),
        ("a" * 5000, set()),
        ("🙂 \x00 \n", set()),
        ("", set()),
    ],
)
def test_user_text_is_searched_as_words_and_never_as_syntax(
    index: LexicalIndex, query: str, expected: set[int]
) -> None:
    assert set(_found(index.snapshot(), query)) == expected


def test_a_query_of_many_words_is_searched(index: LexicalIndex) -> None:
    assert _found(index.snapshot(), " ".join(f"word{number}" for number in range(3000)) + " budget") == [5]


def test_english_words_are_found_by_their_stem_and_exact_ones_rank_first(index: LexicalIndex) -> None:
    assert _found(index.snapshot(), "leaving") == [2, 1]
    assert _found(index.snapshot(), "BADGE") == [2]
    assert stems("Leaving leaves, employees") == ["leav", "leav", "employe"]


@pytest.mark.parametrize(("asked", "written"), [("E4711", "E-4711"), ("E-4711", "E4711"), ("e 4711", "E4711")])
def test_a_code_is_found_however_it_is_written_and_covers_the_question_alone(
    folder: Path, asked: str, written: str
) -> None:
    texts = {1: "Fault 4711 of the pump.", 2: f"Fault {written}: open the valve.", 3: "Fault E-4712.", 4: "E and 4711"}
    snapshot = LexicalIndex(folder).changed([], list(texts.items()))

    assert _found(snapshot, f"What does {asked} mean?")[0] == 2
    assert {term for term in snapshot.term_weights(asked) if term in stems(texts[2])} == {"e4711"}
    assert set(snapshot.term_weights(asked)) == {"e4711"}


@pytest.mark.parametrize(
    ("question", "right", "other"),
    [
        ("Сколько дней отпуска?", "Отпуск сотрудников составляет 28 дней.", "Обед сотрудников длится час."),
        ("مدة إجازة الموظف؟", "الإجازة السنوية للموظفين ثلاثون يوما.", "المصعد معطل اليوم."),
        ("Wann offnet die Kuche?", "Die Küche öffnet um sieben.", "Die Kantine schließt um zwei."),
        ("วันลาพักร้อนมีกี่วัน", "พนักงานมีสิทธิลาพักร้อนปีละสิบห้าวัน", "ที่จอดรถอยู่ด้านหลังอาคาร"),
        ("휴가는 며칠입니까?", "연차휴가가 15일 주어집니다.", "주차장은 건물 뒤에 있습니다."),
    ],
)
def test_words_of_other_languages_are_found_in_other_forms(folder: Path, question: str, right: str, other: str) -> None:
    snapshot = LexicalIndex(folder).changed([], [(1, other), (2, right)])

    assert _found(snapshot, question)[0] == 2


def test_chinese_is_found_by_parts_of_a_sentence(index: LexicalIndex) -> None:
    assert _found(index.snapshot(), "带薪年假有多少天？") == [3]
    assert _found(index.snapshot(), "九点") == [4]
    assert _found(index.snapshot(), "停车场") == []


def test_chinese_pairs_weigh_more_than_the_characters_in_them(folder: Path) -> None:
    snapshot = LexicalIndex(folder).changed([], [(1, "年度放假安排"), (2, "带薪年假安排"), (3, "停车场安排")])

    assert _found(snapshot, "年假") == [2, 1]  # both have both characters, one has them side by side


def test_wide_and_compatibility_characters_find_their_plain_forms(index: LexicalIndex) -> None:
    assert _found(index.snapshot(), "ＢＵＤＧＥＴ") == [5]


def test_hits_are_ordered_by_falling_score(index: LexicalIndex) -> None:
    scores = [score for _, score in index.snapshot().search("employees leave budget", 10)]

    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0
    assert len(index.snapshot().search("employees leave budget", 2)) == 2


def test_a_removed_text_is_not_found_any_more(index: LexicalIndex) -> None:
    snapshot = index.changed([1], [])

    assert _found(snapshot, "office leave") == [2]
    assert snapshot.ids() == {2, 3, 4, 5}


def test_a_text_is_replaced_in_one_commit(index: LexicalIndex) -> None:
    snapshot = index.changed([5], [(6, "The budget is open.")])

    assert _found(snapshot, "budget") == [6]


def test_only_allowed_ids_are_found(index: LexicalIndex) -> None:
    snapshot = index.snapshot()

    assert _found(snapshot, "leave", {2, 3}) == [2]
    assert _found(snapshot, "leave", {3}) == []
    assert _found(snapshot, "leave", set()) == []


def test_a_filter_does_not_change_the_scores(index: LexicalIndex) -> None:
    snapshot = index.snapshot()

    free, filtered = snapshot.search("leave employees", 10), snapshot.search("leave employees", 10, {1, 2})

    assert [key for key, _ in filtered] == [key for key, _ in free] == [1, 2]
    assert [score for _, score in filtered] == pytest.approx([score for _, score in free])


def test_term_weights_are_the_inverse_document_frequencies(index: LexicalIndex) -> None:
    weights = index.snapshot().term_weights("Employees open nothing")

    assert weights == pytest.approx(
        {
            "employe": math.log(1 + (5 - 2 + 0.5) / 2.5),
            "open": math.log(1 + (5 - 1 + 0.5) / 1.5),
            "noth": math.log(1 + (5 - 0 + 0.5) / 0.5),
        }
    )


def test_an_empty_index_answers(folder: Path) -> None:
    snapshot = LexicalIndex(folder).snapshot()

    assert snapshot.search("leave", 5) == []
    assert snapshot.ids() == set()
    assert snapshot.term_weights("leave") == {"leav": pytest.approx(math.log(2))}
    assert snapshot.term_weights("") == {}


def test_a_snapshot_stays_as_it_is_while_new_ones_are_committed(index: LexicalIndex) -> None:
    old = index.snapshot()
    before = old.search("leave employees", 10)
    problems: list[list[tuple[int, float]]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            found = old.search("leave employees", 10)
            if found != before:
                problems.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(10):
        newest = index.changed([1 + number % 5], [(100 + number, f"Employees leave {number}.")])
    done.set()
    reader.join()

    assert problems == []
    assert old.ids() == set(_TEXTS)
    assert newest.ids() == set(range(100, 110))


def test_linked_files_make_a_folder_that_opens_and_stays_as_it_was(index: LexicalIndex, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    index.link_files(copy)
    content = {path.name: path.read_bytes() for path in copy.iterdir()}

    index.changed([1, 2, 3, 4], [(9, "New.")])

    assert {path.name: path.read_bytes() for path in copy.iterdir()} == content
    assert not [name for name in content if name.endswith(".lock") or name.startswith(".tmp")]
    opened = LexicalIndex(copy)
    assert opened.snapshot().ids() == set(_TEXTS)
    assert _found(opened.snapshot(), "带薪") == [3]
    assert _found(opened.changed([], [(9, "A newer budget.")]), "budget") == [9, 5]


def test_terms_beyond_eighty_bytes_are_left_out_and_the_rest_of_the_text_is_found(folder: Path) -> None:
    snapshot = LexicalIndex(folder).changed([], [(1, "x" * 100 + " budget")])

    assert _found(snapshot, "x" * 100) == []
    assert _found(snapshot, "budget") == [1]


def test_a_filter_that_lets_much_through_gives_what_a_set_of_terms_gives(folder: Path) -> None:
    index = LexicalIndex(folder)
    snapshot = index.changed([], [(key, f"apple number{key % 7} " * (1 + key % 5)) for key in range(3000)])
    allowed = set(range(0, 3000, 2))
    everything = snapshot.search("apple number3", 3000)

    assert snapshot.search("apple number3", 20, allowed) == [hit for hit in everything if hit[0] in allowed][:20]
    rare = {key for key, _ in everything[-1600:]}  # all that is allowed comes last
    assert snapshot.search("apple number3", 20, rare) == [hit for hit in everything if hit[0] in rare][:20]


@pytest.mark.parametrize("few", [0, 500])
def test_ids_looked_up_one_by_one_give_what_a_set_of_terms_gives(
    folder: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("retriever.index.lexical._FEW", few)
    index = LexicalIndex(folder)
    snapshot = index.changed([], [(key, f"apple number{key % 7} " * (1 + key % 5)) for key in range(300)])
    everything = dict(snapshot.search("apple number3", 300))

    found = snapshot.search("apple number3", 300, {3, 10, 11, 299, 5000})

    assert {key for key, _ in found} == {3, 10, 11, 299}
    assert [key for key, _ in found[:2]] == sorted([3, 10], key=lambda key: -everything[key])
    assert dict(found) == pytest.approx({key: everything[key] for key, _ in found})
