"""The recipe of the seed model: its tasks are solvable, its batches whole, and training resumes where it stopped."""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from generator.prompt import load_prompt
from tools.seed_model import train as training
from tools.seed_model.batches import IGNORED, batches, encode
from tools.seed_model.corpus import read_corpus
from tools.seed_model.sizes import SIZES, Size
from tools.seed_model.tasks import Example, Tasks
from tools.seed_model.tokenizer import sample_texts, train_tokenizer

SMALL = Size(vocabulary=700, hidden=16, inner=32, layers=1, heads=2, batch_tokens=2048)
_SYLLABLES = ("ba", "do", "ki", "lu", "me", "nor", "pas", "ri", "sto", "tan", "ver", "wil")
_SIGNS = "山水云石茶园门票员工时间价格春秋东西南北村镇河桥路灯花草木金火土日月星风雨雪车船马牛羊书画琴棋诗酒"


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small corpus, as `tools.seed_model.corpus` writes it."""
    folder = tmp_path_factory.mktemp("seed")
    chance = random.Random(1)
    texts, items = [], []
    for lang in ("en", "zh"):
        for number in range(20):
            text, asked, answer = _document(lang, number, chance)
            texts.append({"source": "made", "lang": lang, "title": "", "text": text})
            item = {"source": f"made_{lang}", "lang": lang, "question": asked, "answers": [answer], "documents": [text]}
            items.append(item)
    with gzip.open(folder / "texts.jsonl.gz", "wt", encoding="utf-8") as target:
        target.writelines(json.dumps(each) + "\n" for each in texts)
    (folder / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in items), encoding="utf-8")
    return folder


def _document(lang: str, number: int, chance: random.Random) -> tuple[str, str, str]:
    """Return a text of made-up words in which a name stands in two sentences, a question about it and its answer."""
    if lang == "en":
        words = ["".join(chance.choices(_SYLLABLES, k=3)) for _ in range(60)]
        name, year = words[0].title(), str(1500 + number)
        sentences = [" ".join(chance.sample(words, 12)).capitalize() + "." for _ in range(12)]
        sentences[3] = f"The mill of {name} was built by the river in {year} for the {words[1]} of {words[2]}."
        sentences[8] = f"Nobody in the village of {words[3]} remembers who {name} was or what {words[4]} meant."
        return f"# {name}\n\n" + " ".join(sentences), f"When was the mill of {name} built?", year
    name, year = "".join(chance.sample(_SIGNS, 3)), str(1500 + number)
    sentences = ["".join(chance.sample(_SIGNS, 20)) + "。" for _ in range(14)]
    sentences[3] = f"{name}的老房子建于{year}年，后来由村民修好了屋顶。"
    sentences[8] = f"没有人知道{name}是谁，也没有人知道为什么叫这个名字。"
    return f"# {name}\n\n" + "".join(sentences), f"{name}的老房子建于哪一年？", year


@pytest.fixture(scope="session")
def tokenizer(work: Path) -> PreTrainedTokenizerFast:
    """A tokenizer of the small corpus, saved as training expects it."""
    texts, _ = read_corpus(work)
    trained = train_tokenizer(sample_texts(texts, 20_000), SMALL.vocabulary, SMALL.context)
    trained.save_pretrained(work / "tokenizer-small")
    loaded: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(work / "tokenizer-small", local_files_only=True)
    return loaded


def _examples(work: Path, share: float, count: int = 300) -> list[Example]:
    tasks = Tasks(*read_corpus(work), seed=3)
    tasks.share = share
    return list(itertools.islice(tasks, count))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_every_reply_stands_in_the_passage_that_it_cites(work: Path, share: float) -> None:
    abstentions = 0
    for example in _examples(work, share):
        shown = example.messages[-1]["content"]
        if load_prompt().is_abstention(example.reply):
            abstentions += 1
            continue
        answer, number = re.fullmatch(r"(.+) \[(\d)\]", example.reply, re.DOTALL).groups()  # type: ignore[union-attr]
        passages = dict(re.findall(r"\[(\d)\] (.*?)(?=\n\n\[\d\] |\n\nQuestion: )", shown, re.DOTALL))
        assert answer in passages[number]
    assert 15 < abstentions < 120  # from a quarter to a tenth of the tasks


def test_the_tasks_of_a_seed_are_always_the_same(work: Path) -> None:
    assert _examples(work, 0.5, 50) == _examples(work, 0.5, 50)


def test_training_goes_from_copying_to_questions(work: Path) -> None:
    def asked(share: float) -> int:
        return sum("哪一年" in e.messages[-1]["content"] or "When was" in e.messages[-1]["content"]
                   for e in _examples(work, share))  # fmt: skip

    assert asked(1.0) > 2 * asked(0.0) + 20


def test_only_replies_are_learned_and_nothing_is_cut(work: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    examples = _examples(work, 0.5, 60)
    rows = {tuple(ids): start for ids, start in encode(tokenizer, examples)}
    seen = 0
    for ids, labels in batches(tokenizer, examples, SMALL):
        assert ids.numel() <= SMALL.batch_tokens or ids.shape[0] == 1
        for row, learned in zip(ids, labels, strict=True):
            whole = tuple(row[row != tokenizer.pad_token_id].tolist())
            assert learned[: rows[whole]].eq(IGNORED).all()
            assert learned[rows[whole] : len(whole)].tolist() == list(whole[rows[whole] :])
            seen += 1
    assert seen == len(examples)


def test_the_chat_template_renders_what_training_learns(work: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    example = _examples(work, 0.5, 1)[0]
    turn = {"role": "assistant", "content": example.reply}
    whole = tokenizer.apply_chat_template([*example.messages, turn], tokenize=True, return_dict=True)["input_ids"]
    [(ids, _)] = encode(tokenizer, [example])

    assert whole[: len(ids)] == ids


def test_copies_repeat_their_first_half_and_use_more_of_the_vocabulary_with_time() -> None:
    size = SIZES["small"]
    early, late = training.copy_batch(size, 0.0), training.copy_batch(size, 1.0)

    assert early[0].unique().numel() <= 128
    assert late[0].unique().numel() > 1000
    for row in late[0]:
        assert set(row[32:].tolist()) == set(row[:32].tolist())
    assert late[1][:, :33].eq(IGNORED).all()


def test_training_resumes_from_its_checkpoint(
    work: Path, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training, "SIZES", {"small": SMALL})
    options = argparse.Namespace(work=work, size="small", tokens=9_000.0, workers=0, rate=1e-3, device="cpu")
    torch.manual_seed(0)
    model = training.build(tokenizer, SMALL)
    training.train(model, tokenizer, SMALL, options)
    checkpoint = work / "checkpoint-small.safetensors"
    first = load_file(checkpoint)
    assert any(name.startswith("optimizer.0.") for name in first)

    again = training.build(tokenizer, SMALL)
    optimizers = training.Optimizers(again, options.rate)
    seen = training.Checkpoint(checkpoint).load(again, optimizers)

    assert seen >= options.tokens
    for name, weight in again.named_parameters():
        assert torch.equal(weight, first[name])
    assert {name: tensor.shape for name, tensor in optimizers.tensors().items()} == {
        name: tensor.shape for name, tensor in first.items() if name.startswith("optimizer.")
    }
    training.train(again, tokenizer, SMALL, options)  # nothing is left to do
    assert all(torch.equal(weight, first[name]) for name, weight in again.named_parameters())
