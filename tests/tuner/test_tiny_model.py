"""The tiny model: it is built the same way twice, loads without pickle, and its tasks teach the right thing."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from generator.prompt import load_prompt
from tuner.tiny_model import TinyRecipe, build_tiny_model, reading_tasks

SMALL = TinyRecipe(vocabulary=600, hidden=16, copy_steps=1, reading_steps=2, batch=2)


def test_the_model_loads_with_the_library_that_serves_it_and_generates(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(tiny_model, local_files_only=True, use_safetensors=True)
    ids = tokenizer("The night shift", return_tensors="pt")["input_ids"]

    written = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=3, do_sample=False)

    assert written.shape[1] > ids.shape[1]
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (2, 128)
    assert model.config.vocab_size == len(tokenizer) <= 1024
    assert all(bool(weight.isfinite().all()) for weight in model.parameters())


def test_the_folder_holds_no_pickle(tiny_model: Path) -> None:
    names = {path.name for path in tiny_model.iterdir()}

    assert {"model.safetensors", "config.json", "tokenizer.json"} <= names
    assert {Path(name).suffix for name in names} <= {".safetensors", ".json", ".jinja"}


@pytest.mark.parametrize("text", ["Ferries cost 12 crowns.", "门票四十元。", "naïve 🚢 <b>\n\ttab"])
def test_the_tokenizer_gives_every_text_back(tiny_model: Path, text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model, local_files_only=True)

    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_the_chat_template_renders_the_turns_and_opens_that_of_the_assistant(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model, local_files_only=True)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How much?"}]

    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    told = tokenizer.apply_chat_template(
        [*messages, {"role": "assistant", "content": "ten"}], tokenize=False, add_generation_prompt=False
    )

    assert asked == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHow much?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert told == f"{asked}ten<|im_end|>\n"
    for token in ("<|pad|>", "<|im_start|>", "<|im_end|>"):
        assert len(tokenizer(token, add_special_tokens=False)["input_ids"]) == 1
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|pad|>")


def test_equal_texts_and_seed_give_equal_weights_and_another_seed_others(texts: list[str], tmp_path: Path) -> None:
    build_tiny_model(tmp_path / "one", texts, SMALL)
    torch.manual_seed(99)  # what came before must not matter
    build_tiny_model(tmp_path / "two", texts, SMALL)
    build_tiny_model(tmp_path / "three", texts, TinyRecipe(**{**vars(SMALL), "seed": 1}))

    one, two, three = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two", "three"))
    assert one.keys() == two.keys() == three.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], three[name]) for name in one)
    for name in ("tokenizer.json", "config.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_building_reports_how_far_it_is(texts: list[str], tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []

    build_tiny_model(tmp_path / "model", texts, SMALL, lambda done, message: told.append((done, message)))

    assert told[0][0] == 0.0
    assert re.fullmatch(r"loss \d+\.\d\d", told[0][1])


def test_training_lowers_the_loss(texts: list[str], tmp_path: Path) -> None:
    losses: list[float] = []
    recipe = TinyRecipe(vocabulary=600, hidden=32, copy_steps=0, reading_steps=41, batch=2)

    build_tiny_model(tmp_path / "model", texts, recipe, lambda _, message: losses.append(float(message.split()[1])))

    assert losses[-1] < losses[0] - 0.3


def test_a_task_asks_for_hidden_words_and_its_marker_names_the_passage_that_holds_them(texts: list[str]) -> None:
    prompt = load_prompt()
    tasks = reading_tasks(texts, prompt, random.Random(1))
    answered = {"en": 0, "zh": 0}
    abstained = {"en": 0, "zh": 0}
    for _ in range(400):
        messages, reply = next(tasks)
        before, _, question = messages[-1]["content"].rpartition("\n\nQuestion: ")
        assert question.count("____") == 1
        head, tail = question.split("____")
        passages = re.split(r"(?:^|\n\n)\[\d+\] \n", before)[1:]
        language = "zh" if "，" in question else "en"
        if prompt.is_abstention(reply):
            abstained[language] += 1
            assert reply == prompt.abstention(question, with_passages=True)
            assert not any(head in passage and tail in passage for passage in passages)
        else:
            answered[language] += 1
            match = re.fullmatch(r"(.+) \[(\d+)\]", reply)
            assert match is not None
            assert f"{head}{match[1]}{tail}" in passages[int(match[2]) - 1]
            assert 1 <= len(passages) <= 4
    assert answered["en"] > 100
    assert answered["zh"] > 30
    assert 20 <= abstained["en"] + abstained["zh"] <= 90  # one in eight: 50
    assert min(abstained.values()) > 0


def test_tasks_are_the_same_for_the_same_chance(texts: list[str]) -> None:
    first, second = (reading_tasks(texts, load_prompt(), random.Random(5)) for _ in range(2))

    assert [next(first) for _ in range(20)] == [next(second) for _ in range(20)]


def test_short_paragraphs_and_sentences_are_not_asked_about(texts: list[str]) -> None:
    tasks = reading_tasks(["Too short. 太短。", *texts], load_prompt(), random.Random(2))

    assert not any("oo short" in str(next(tasks)) for _ in range(100))
