"""Chunking: passages are exact spans, nothing is lost, and each fits the encoder."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from fakes import HashEncoder
from hypothesis import example, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from retriever.documents.blocks import Block, ReadDocument
from retriever.documents.chunking import chunk
from retriever.documents.structure.parsing import units
from retriever.models.encoder import Encoder
from retriever.settings import ChunkerSettings
from store.passages import NewPassage

_OPENS_CODE = re.compile(r"^(?:```|~~~).*$", re.MULTILINE)


class CharacterEncoder(HashEncoder):
    """Counts every character as a token, as MiniLM does for Chinese."""

    max_tokens = 200

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]


class WordEncoder(HashEncoder):
    """Counts words, and takes few of them."""

    max_tokens = 40


_WORDS = ["a", "leave", "Ünï", "12.5", "e.g.", "(see)", "C#", "#", "##", "---", "|", "```", "🙂", "🇫🇷"]
_LATIN = st.lists(st.sampled_from(_WORDS), max_size=250).map(" ".join)
_CHINESE = st.lists(st.sampled_from("员工每年享有带薪假，。！？“”\u3000ab"), max_size=600).map("".join)
_SOLID = st.tuples(st.sampled_from(["x", "假", "🙂", "#", "é", "👩‍👩‍👧"]), st.integers(1, 3000)).map(
    lambda pair: pair[0] * pair[1]
)
_HEADING = st.tuples(st.sampled_from(["#", "##", "###", "#######", " #", "#\t"]), _LATIN | _CHINESE).map(" ".join)
_LIST = st.lists(_LATIN, max_size=5).map(lambda items: "\n".join(f"* {item}" for item in items))
_CODE = _LATIN.map(lambda text: f"```sh\n# {text}\n```")
_BLOCK = st.one_of(_LATIN, _CHINESE, _SOLID, _HEADING, _LIST, _CODE, st.text(max_size=50))
_BREAK = st.sampled_from(["\n", "\n\n", "\n \n", " ", "\x0b", "\u2028", "\n\n\n\n"])
_TEXTS = st.lists(st.tuples(_BLOCK, _BREAK), max_size=8).map(lambda pairs: "".join(block + end for block, end in pairs))
_DEFAULT = ChunkerSettings()
_SMALL = ChunkerSettings(latin=(20, 60), cjk=(10, 30))


def _read(text: str, *, markdown: bool = True) -> ReadDocument:
    return ReadDocument(text, (), markdown)


def _cut(text: str, *, markdown: bool = True, sizes: ChunkerSettings = _DEFAULT) -> list[NewPassage]:
    return chunk(_read(text, markdown=markdown), HashEncoder(), sizes)


@given(
    text=_TEXTS,
    markdown=st.booleans(),
    encoder=st.sampled_from([CharacterEncoder(), WordEncoder()]),
    sizes=st.sampled_from([_DEFAULT, _SMALL]),
)
@example(text="# One\n\n# Two\n\ntext", markdown=True, encoder=WordEncoder(), sizes=_DEFAULT)
@example(text="# A\n\ntext\n\n  # no heading\n\ntext", markdown=True, encoder=WordEncoder(), sizes=_SMALL)
@configured(max_examples=150, deadline=None, database=None, derandomize=True)
def test_passages_are_exact_ordered_spans_that_fit_the_encoder_and_hold_everything_but_headings(
    text: str, markdown: bool, encoder: HashEncoder, sizes: ChunkerSettings
) -> None:
    passages = chunk(_read(text, markdown=markdown), encoder, sizes)

    covered: set[int] = set()
    end = 0
    for passage in passages:
        assert passage.start >= end
        end = passage.end
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        covered.update(range(passage.start, passage.end))
    headings = (unit for unit in units(text, markdown=markdown) if unit.kind == "heading")
    shown = {place for each in headings for place in range(each.start, each.end)}
    shown |= {place for line in _OPENS_CODE.finditer(text) for place in range(line.start(), line.end())}
    lost = {place for place, character in enumerate(text) if character.isalnum()} - covered - shown
    assert lost == set()
    assert max(encoder.count_tokens([passage.content for passage in passages]), default=0) <= encoder.max_tokens


def test_passages_carry_the_headings_above_them() -> None:
    text = (
        "Before any heading.\n\n# Leave #\n\nEveryone has leave, also in the first year.\n\n"
        "## Annual\n\nTwenty-five days, to be taken by March.\n\n### Carry over\n\nFive days, if agreed.\n\n"
        "## Sick\n\nTell your manager before ten o'clock.\n\n# Using C#\n\nAsk the platform team for a licence.\n"
    )

    passages = _cut(text, sizes=_SMALL)

    assert [(passage.heading, passage.text) for passage in passages] == [
        ("", "Before any heading."),
        ("Leave", "Everyone has leave, also in the first year."),
        ("Leave > Annual", "Twenty-five days, to be taken by March."),
        ("Leave > Annual > Carry over", "Five days, if agreed."),
        ("Leave > Sick", "Tell your manager before ten o'clock."),
        ("Using C#", "Ask the platform team for a licence."),
    ]
    assert [text[passage.start : passage.end] for passage in passages] == [passage.text for passage in passages]


def test_a_heading_is_part_of_what_is_embedded_and_not_of_the_span() -> None:
    (passage,) = _cut("## 年假\n\n每年十五天。\n")

    assert (passage.start, passage.end, passage.text) == (7, 13, "每年十五天。")
    assert passage.content == "年假\n每年十五天。"


def test_a_heading_without_text_below_it_is_a_passage_itself() -> None:
    assert [(passage.heading, passage.text) for passage in _cut("# Only a title\n")] == [("", "# Only a title")]


def test_a_comment_in_plain_text_is_no_heading() -> None:
    (passage,) = _cut("# Not a title\nsetting = 1", markdown=False)

    assert (passage.heading, passage.text) == ("", "# Not a title\nsetting = 1")


@pytest.mark.parametrize(
    "text", ["    # indented\n\n# Real\n\nmore", "#tag\n\n# Real\n\nmore", "a # b\n\n# Real\n\nmore"]
)
def test_a_mark_that_makes_no_heading_stays_in_the_text(text: str) -> None:
    assert _cut(text)[0].text == text.split("\n", maxsplit=1)[0].strip()


def test_a_long_line_that_begins_like_a_heading_is_text_and_no_heading_of_what_follows() -> None:
    passages = _cut("# " + "long " * 500 + "\n\nThe body.")

    assert len(passages) < 10
    assert {passage.heading for passage in passages} == {""}
    assert passages[-1].text.endswith("The body.")


def test_of_many_long_headings_the_innermost_are_kept() -> None:
    text = f"# {'outer' * 20}\n\n## {'inner' * 20}\n\n### last\n\nThe body."

    assert [passage.heading for passage in _cut(text)] == [f"{'inner' * 20} > last"]


@pytest.mark.parametrize("hostile", ["# a" + " " * 200_000 + "b", "# " + "#" * 200_000 + "x", "# " + "# " * 100_000])
def test_a_hostile_heading_costs_no_quadratic_time(hostile: str) -> None:
    passages = _cut(f"{hostile}\n\nThe body.")

    assert passages[-1].text.endswith("The body.")


@pytest.mark.parametrize(
    ("character", "markdown"), [("a", False), ("a", True), ("假", False), ("🙂", True), ("#", True)]
)
def test_a_long_line_without_blanks_does_not_become_one_passage(
    minilm: Encoder, character: str, markdown: bool
) -> None:
    text = character * (200_000 if character.isascii() else 30_000)

    passages = chunk(_read(text, markdown=markdown), minilm, _DEFAULT)

    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= 900


def test_passages_of_the_real_tokenizer_are_not_truncated_when_embedded(minilm: Encoder) -> None:
    dense = "# 制度\n\n" + "1,2;3.4-5/6 " * 400 + "\n\n" + "带薪年假" * 200

    passages = chunk(_read(dense), encoder=minilm, settings=_DEFAULT)

    assert max(minilm.count_tokens([passage.content for passage in passages])) <= minilm.max_tokens


def _titled(text: str, title: str) -> list[NewPassage]:
    return chunk(_read(text, markdown=False), encoder=HashEncoder(), settings=_SMALL, title=title)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        (
            "Before any heading.\n\n# Leave\n\nEveryone has leave, also in the first year.\n",
            ["Handbook", "Handbook > Leave"],
        ),
        (
            "# Handbook\n\nThis is where it all begins.\n\n## Leave\n\nEveryone has leave, also in the first year.\n",
            ["Handbook", "Handbook > Leave"],
        ),
        ("# Handbook of old\n\nIt begins.\n", ["Handbook of old"]),
        ("Nothing but text.", ["Handbook"]),
    ],
)
def test_the_title_begins_every_heading_path_once(text: str, headings: list[str]) -> None:
    passages = chunk(_read(text), encoder=HashEncoder(), settings=_SMALL, title=" Handbook\n")

    assert [passage.heading for passage in passages] == headings
    assert [text[passage.start : passage.end] for passage in passages] == [passage.text for passage in passages]


def test_a_title_changes_neither_spans_nor_texts() -> None:
    text = "# One\n\nFirst part.\n\n# Two\n\nSecond part. " + "Many more words follow here. " * 20
    plain, titled = (
        chunk(_read(text), encoder=HashEncoder(), settings=_SMALL, title=title) for title in ("", "Travel guide")
    )

    assert [(each.start, each.end, each.text) for each in plain] == [
        (each.start, each.end, each.text) for each in titled
    ]
    assert {each.heading.split(" > ")[0] for each in titled} == {"Travel guide"}


@pytest.mark.parametrize("title", ["", " \n\t"])
def test_an_empty_title_is_none(title: str) -> None:
    assert [passage.heading for passage in _titled("Some text.", title)] == [""]


def test_white_space_in_a_title_is_one_blank_and_a_long_title_is_cut() -> None:
    (passage,) = _titled("Some text.", "Annual\n\treport " + "x" * 1000)

    assert passage.heading.startswith("Annual report xxx")
    assert len(passage.heading) == 120


def test_long_titles_and_headings_leave_room_for_the_passage(minilm: Encoder) -> None:
    text = "# " + "制度说明" * 29 + "\n\n" + "员工每年享有十五天带薪年假。" * 20

    passages = chunk(_read(text), encoder=minilm, settings=_DEFAULT, title="员工手册" * 30)

    assert max(minilm.count_tokens([passage.content for passage in passages])) <= minilm.max_tokens
    assert min(len(passage.text) for passage in passages[1:-1]) >= 60


def test_other_formats_say_where_their_headings_and_pages_are() -> None:
    """As of a PDF: headings without marks, which stay in the text, and pages, one of which a passage may run over."""
    text = (
        "Handbook\n\nOn leave.\n\nLeave\n\nTwenty-five days, to be taken by March of the next year.\n\nSick\n\nTell us."
    )
    places = {title: text.index(title) for title in ("Handbook", "Leave", "Sick")}
    blocks = (
        Block("page", 0, places["Leave"], page=7),
        Block("heading", 0, 8, 1, "Handbook"),
        Block("heading", places["Leave"], places["Leave"] + 5, 2, "Leave " + "x" * 200),
        Block("page", places["Leave"], len(text), page=8),
        Block("heading", places["Sick"], places["Sick"] + 4, 1, "Sick"),
    )

    passages = chunk(ReadDocument(text, blocks), HashEncoder(), ChunkerSettings(latin=(15, 65), cjk=(10, 30)))

    assert [(passage.heading, passage.page, passage.text.split("\n")[0]) for passage in passages] == [
        ("Handbook", 7, "Handbook"),
        (("Leave " + "x" * 200)[:120], 8, "Leave"),
        ("Sick", 8, "Sick"),
    ]


def test_an_empty_text_has_no_passages() -> None:
    assert _cut("") == _cut(" \n\u3000") == []


def test_the_passage_set_names_the_sizes() -> None:
    assert _DEFAULT.passage_set == ChunkerSettings().passage_set != _SMALL.passage_set


@pytest.mark.parametrize("text", ["* * *", "----\n====", ">>>", "|||"])
def test_a_text_of_nothing_but_signs_is_a_passage(text: str) -> None:
    assert [passage.text for passage in _cut(text)] == [text]
