"""Tuning a model whose chat template has no system role, or that has no chat template."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from workshop import TRAINED, Workshop

from generator.backends.transformers import CausalGenerator
from generator.causal import load_causal
from generator.settings import GeneratorSettings

NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.mark.parametrize("template", [NO_SYSTEM, None])
def test_an_adapter_is_trained_whatever_the_template_knows(
    workshop: Workshop, tiny_model: Path, tmp_path: Path, template: str | None
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (folder / "chat_template.jinja").unlink()
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    assert "chat_template" not in json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    section = workshop.section.model_copy(update={"generator": GeneratorSettings(base_model=folder, max_new_tokens=4)})

    model = Workshop(workshop.store, workshop.domain, workshop.dataset, section).tune(trained="closed_book")

    assert model.metrics["examples"] == TRAINED
    assert math.isfinite(model.metrics["train_loss"])
    generator = CausalGenerator(folder, section.generator, lambda _: workshop.folder(model))
    assert generator.tokenizer.chat_template == load_causal(folder)[0].chat_template
