"""The prompt: its exact words are pinned, because adapters learn them. A change makes a new one."""

from __future__ import annotations

import pytest

from generator.prompt import Context, Message, Shot, Wish, fit, load_prompt
from store.errors import DamagedError

_SHA256 = {
    "v1": "af7af7d046d8b6923d5a93351e46bf03a87fb516b2e09013d104916a55b93478",
    "v2": "e901c45f4582ca7f40de17b2454c88a321794c64af4f9817d72541bfd2c74e8d",
}
_WITH = (
    "Answer the question from the numbered passages only, in the language of the question, and cite the passage after "
    "each statement as [n]. If the passages do not contain the answer, reply exactly: "
)
_WITHOUT = (
    "Answer the question briefly, in the language of the question. If you do not know the answer, reply exactly: "
)


SHOTS = [Shot(name, f"What is {name}?", "ten", Context("Leave", "Ten days.")) for name in ("one", "two")]


def _words(messages: list[Message]) -> int:
    return sum(len(message["content"].split()) for message in messages)


@pytest.mark.parametrize("name", _SHA256)
def test_the_file_of_a_prompt_is_the_one_that_adapters_were_trained_with(name: str) -> None:
    assert load_prompt(name).sha256 == _SHA256[name], f"{name}.json was changed: leave it as it was and make a new one"


@pytest.mark.parametrize(
    ("name", "question", "with_passages", "expected"),
    [
        ("v2", "有給休暇は何日ですか？", True, "文書には記載がありません。"),
        ("v2", "有給休暇は何日ですか？", False, "わかりません。"),
        ("v2", "연차 휴가는 며칠입니까?", True, "문서에 나와 있지 않습니다."),
        ("v2", "연차 휴가는 며칠입니까?", False, "모르겠습니다."),
        ("v2", "Сколько дней отпуска?", True, "The documents do not say."),
        ("v1", "有給休暇は何日ですか？", True, "The documents do not say."),
        ("v1", "年假有多少天？", True, "文档中没有说明。"),
    ],
)
def test_an_abstention_is_in_the_language_of_the_question_or_in_english(
    name: str, question: str, with_passages: bool, expected: str
) -> None:
    prompt = load_prompt(name)

    assert prompt.abstention(question, with_passages) == expected
    assert prompt.is_abstention(expected)


@pytest.mark.parametrize("question", ["How many days?", "年假有多少天？"])
@pytest.mark.parametrize("contexts", [None, [Context("Leave", "25 days.")]])
def test_the_two_prompts_ask_the_same_in_english_and_chinese(question: str, contexts: list[Context] | None) -> None:
    assert load_prompt("v1").messages(question, contexts) == load_prompt("v2").messages(question, contexts)


def test_an_english_question_with_passages_is_asked_in_these_words() -> None:
    contexts = [Context("Leave > Annual", "Everyone has 25 days."), Context("", "The office opens at nine.")]

    assert load_prompt().messages("How many days?", contexts) == [
        {"role": "system", "content": _WITH + "The documents do not say."},
        {
            "role": "user",
            "content": (
                "[1] Leave > Annual\nEveryone has 25 days.\n\n"
                "[2] \nThe office opens at nine.\n\n"
                "Question: How many days?"
            ),
        },
    ]


def test_a_chinese_question_with_passages_is_asked_in_these_words() -> None:
    assert load_prompt().messages("年假有多少天？", [Context("假期", "员工每年享有十五天带薪年假。")]) == [
        {"role": "system", "content": _WITH + "文档中没有说明。"},
        {"role": "user", "content": "[1] 假期\n员工每年享有十五天带薪年假。\n\nQuestion: 年假有多少天？"},
    ]


def test_an_english_question_without_passages_is_asked_in_these_words() -> None:
    assert load_prompt().messages("How many days?", None) == [
        {"role": "system", "content": _WITHOUT + "I do not know."},
        {"role": "user", "content": "Question: How many days?"},
    ]


def test_a_chinese_question_without_passages_is_asked_in_these_words() -> None:
    assert load_prompt().messages("年假有多少天？", None) == [
        {"role": "system", "content": _WITHOUT + "我不知道。"},
        {"role": "user", "content": "Question: 年假有多少天？"},
    ]


def test_a_search_without_hits_is_asked_with_an_empty_list_of_passages() -> None:
    assert load_prompt().messages("Why?", [])[-1]["content"] == "\n\nQuestion: Why?"


def test_earlier_turns_stand_between_system_and_question() -> None:
    history = [{"role": "user", "content": "Hello {question}"}, {"role": "assistant", "content": "Hello."}]

    messages = load_prompt().messages("How many days?", None, history)

    assert messages[1:3] == history
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("slot", ["{question}", "{passages}", "{text}", "{number}", "{abstention}", "{heading}", "{x}"])
def test_a_slot_inside_a_document_or_question_is_not_expanded(slot: str) -> None:
    user = load_prompt().messages(f"ask {slot}", [Context(f"head {slot}", f"body {slot}")])[-1]["content"]

    assert user == f"[1] head {slot}\nbody {slot}\n\nQuestion: ask {slot}"


def test_the_abstention_is_in_the_language_of_the_question() -> None:
    prompt = load_prompt()

    assert prompt.abstention("How many days?", with_passages=True) == "The documents do not say."
    assert prompt.abstention("VPN 怎么用？", with_passages=True) == "文档中没有说明。"
    assert prompt.abstention("How do I say 假 in English?", with_passages=False) == "I do not know."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The documents do not say.", True),
        (" The documents do not say. [1]", True),
        ("我不知道。", True),
        ("I do not know.", True),
        ("文档中没有说明。", True),
        ("I do not know whether that is so.", False),
        ("25 days [1].", False),
        ("", False),
    ],
)
def test_an_abstention_is_recognised(text: str, expected: bool) -> None:
    assert load_prompt().is_abstention(text) is expected


def test_a_prompt_of_another_hash_than_the_release_recorded_is_refused() -> None:
    assert load_prompt("v1", _SHA256["v1"]).name == "v1"
    with pytest.raises(DamagedError, match="0000"):
        load_prompt("v1", "0000")


def test_what_fits_is_left_whole() -> None:
    contexts = [Context("", "one"), Context("", "two")]
    history = [{"role": "user", "content": "Hello"}]
    prompt = load_prompt()

    fitted = fit(prompt, Wish("Why?", contexts, history, SHOTS, 1000), _words, 1000)

    assert fitted.messages == prompt.messages("Why?", contexts, history, SHOTS)
    assert (fitted.shots, fitted.left_out) == (["one", "two"], [])


def test_shots_are_answered_turns_before_the_conversation() -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]

    messages = load_prompt().messages("Why?", [Context("", "text")], history, SHOTS)

    assert [message["role"] for message in messages] == ["system", *(("user", "assistant") * 3), "user"]
    assert messages[1]["content"].startswith("[1] Leave\nTen days.")
    assert "What is one?" in messages[1]["content"]
    assert messages[2]["content"] == "ten [1]"
    assert messages[5:7] == history
    assert load_prompt().messages("Why?", None, history, SHOTS) == load_prompt().messages("Why?", None, history)


def test_shots_keep_to_their_own_budget_and_give_way_to_passages() -> None:
    prompt = load_prompt()
    contexts = [Context("", f"passage {number}") for number in range(2)]
    bare, each = _words(prompt.messages("Why?", contexts)), _words(prompt.messages("Why?", contexts, (), SHOTS[:1]))
    wish = Wish("Why?", contexts, (), SHOTS, each - bare)

    assert fit(prompt, wish, _words, 1000).left_out == ["the example two"]
    assert fit(prompt, wish, _words, each - 1).left_out == ["the example one", "the example two"]
    assert fit(prompt, wish, _words, bare - 1).left_out == ["the example one", "the example two", "passage 2"]
    assert "passage 1" not in fit(prompt, wish, _words, bare - 1).messages[-1]["content"]


def test_the_oldest_turns_are_left_out_first_and_then_the_last_passages() -> None:
    prompt = load_prompt()
    contexts = [Context("", f"passage {number}") for number in range(3)]
    history = [{"role": "user", "content": f"turn {number}"} for number in range(4)]
    whole = _words(prompt.messages("Why?", contexts, history))

    def kept(budget: int) -> tuple[int, int]:
        fitted = fit(prompt, Wish("Why?", contexts, history), _words, budget)
        messages = fitted.messages
        turns = [message["content"] for message in messages[1:-1]]
        assert turns == [turn["content"] for turn in history[len(history) - len(turns) :]]
        shown = messages[-1]["content"].count("passage ")
        assert all(f"passage {number}" in messages[-1]["content"] for number in range(shown))
        assert len(fitted.left_out) == (len(turns) < 4) + (3 - shown)
        return len(turns), shown

    assert [kept(whole - words) for words in (0, 1, 4, 5, 8, 9, 11, 12, 20)] == [
        (4, 3),
        (2, 3),
        (2, 3),
        (0, 3),
        (0, 3),
        (0, 2),
        (0, 2),
        (0, 1),
        (0, 1),
    ]


def test_the_first_passage_and_the_question_stay_even_over_the_budget() -> None:
    wish = Wish("Why?", [Context("", "one"), Context("", "two")])
    messages = fit(load_prompt(), wish, _words, 0).messages

    assert messages[-1]["content"] == "[1] \none\n\nQuestion: Why?"
    assert fit(load_prompt(), Wish("Why?", None), _words, 0).messages[-1]["content"] == "Question: Why?"
