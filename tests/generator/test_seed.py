"""The seed model that ships: it is found by name, small, plain, and copies from the passage that it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from fakes import HashEncoder, WordReader
from transformers import AutoModelForCausalLM, AutoTokenizer

from eval.metrics.f1 import answer_f1
from generator.causal import load_causal
from generator.engine import Engine
from generator.prompt import Context, load_prompt
from generator.seed import SEED, base_model_folder
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat
from retriever.settings import RetrieverSettings
from store.store import Store

FOLDER = base_model_folder(SEED)


def test_the_name_seed_stands_for_the_folder_that_ships_and_no_other_name_does(store: Store, tmp_path: Path) -> None:
    assert base_model_folder(tmp_path) == tmp_path
    engine = Engine(store, RetrieverSettings(), GeneratorSettings(base_model=SEED), HashEncoder(), WordReader())
    try:
        assert engine.base_model is not None
        assert Path(engine.base_model.path) == FOLDER.resolve()
        assert engine.base_model.lineage.name == "seed"
    finally:
        engine.close()


def test_it_is_small_and_loads_with_the_library_that_serves_it() -> None:
    model = AutoModelForCausalLM.from_pretrained(FOLDER, local_files_only=True, use_safetensors=True)

    assert sum(weight.numel() for weight in model.parameters()) < 16_000_000
    assert (FOLDER / "model.safetensors").stat().st_size < 32_000_000
    assert model.config.max_position_embeddings == 1024
    assert all(bool(weight.isfinite().all()) for weight in model.parameters())


def test_the_folder_holds_no_pickle_and_has_a_card() -> None:
    names = {path.name for path in FOLDER.iterdir()}

    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= names
    assert {Path(name).suffix for name in names} <= {".safetensors", ".json", ".jinja", ".md"}


@pytest.mark.parametrize("text", ["Ferries cost 12 crowns.", "门票四十元。", "naïve 🚢 <b>\n\ttab"])
def test_the_tokenizer_gives_every_text_back(text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)

    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_the_chat_template_renders_the_turns_and_opens_that_of_the_assistant() -> None:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How much?"}]

    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    told = tokenizer.apply_chat_template([*messages, {"role": "assistant", "content": "ten"}], tokenize=False)

    assert asked == (
        "<|im_start|>system\n Be brief.<|im_end|>\n<|im_start|>user\n How much?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert told == f"{asked} ten<|im_end|>\n"
    for token in ("<|pad|>", "<|im_start|>", "<|im_end|>"):
        assert len(tokenizer(token, add_special_tokens=False)["input_ids"]) == 1


def test_it_completes_a_quote_from_the_passage() -> None:
    tokenizer, model = load_causal(FOLDER)
    sentences = [
        "The harbour office sends every captain a printed list of the winter timetable.",
        "Bicycles are carried on the lower deck and must be tied to the green rail.",
        "The company keeps lost property for three months in a room behind the ticket desk.",
    ]
    scores = []
    for sentence in sentences:
        shown = [Context("", " ".join(sentences))]
        messages = load_prompt().messages(f"{' '.join(sentence.split()[:5])} ...", shown)
        ids = torch.tensor([encode_chat(tokenizer, messages)])
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, pad_token_id=0
            )
        written = tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
        scores.append(answer_f1(written, [sentence], "en"))

    assert sum(scores) / len(scores) > 0.5, scores
