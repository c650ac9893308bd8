"""Chat templates: with a system role, without one, none at all, and broken ones, over small real models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.answer import Task, draft_of
from generator.backends.transformers import CausalGenerator
from generator.causal import load_causal
from generator.chat import DEFAULT_TEMPLATE, alternating, template_of, template_use, usable_template
from generator.prompt import load_prompt
from generator.settings import GeneratorSettings
from generator.tokenizing import encode_chat
from store.errors import ConflictError

OWN = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}</>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
REFUSING = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + OWN
IGNORING = "{% for message in messages if message['role'] != 'system' %}<{{ message['content'] }}>{% endfor %}"
STRICT = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must take turns') }}{% endif %}[{{ message['content'] }}]{% endfor %}"
)
MARKED = "{% for message in messages %}{% generation %}{{ message['content'] }}{% endgeneration %}{% endfor %}"
BROKEN = {
    "unclosed": "{% for message in messages %}{{ message['content'] }}",
    "always refusing": "{{ raise_exception('never') }}",
    "leaving out the question": "Hello.",
    "unknown name": "{{ messages[0].content.text.more }}{{ OWN() }}",
}
Templated = Callable[[str | None], Path]


@pytest.fixture
def templated(tiny_model: Path, tmp_path: Path) -> Templated:
    """A copy of the tiny model with another chat template, or none."""

    def make(template: str | None) -> Path:
        folder = Path(shutil.copytree(tiny_model, tmp_path / "templated"))
        (folder / "chat_template.jinja").unlink(missing_ok=True)
        path = folder / "tokenizer_config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("chat_template", None)
        path.write_text(json.dumps(config), encoding="utf-8")
        if template is not None:
            (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
        return folder

    return make


def _written(folder: Path, messages: list[dict[str, str]]) -> str:
    tokenizer, _ = load_causal(folder)
    return str(tokenizer.decode(encode_chat(tokenizer, messages)))


MESSAGES = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "office opens"}]


@pytest.mark.parametrize(
    ("template", "use"),
    [
        (OWN, "the model's own"),
        (MARKED, "the model's own"),
        (REFUSING, "in the first user turn"),
        (IGNORING, "in the first user turn"),
        (STRICT, "in the first user turn"),
        (None, "the default"),
        ({"default": OWN, "tool_use": "x"}, "the model's own"),
    ],
)
def test_every_kind_of_template_is_made_usable(template: object, use: str) -> None:
    usable = usable_template(template)

    assert use in template_use(usable)
    assert usable_template(usable) == usable


@pytest.mark.parametrize("template", BROKEN.values(), ids=BROKEN)
def test_a_template_that_cannot_be_rendered_is_refused(template: str) -> None:
    with pytest.raises(ConflictError, match="chat template cannot be used") as caught:
        usable_template(template)

    assert caught.value.code == "unusable_base_model"


@pytest.mark.parametrize("template", [REFUSING, IGNORING, STRICT])
def test_without_a_system_role_the_system_text_begins_the_first_user_turn(templated: Templated, template: str) -> None:
    text = _written(templated(template), MESSAGES)

    assert text.index("be brief") < text.index("office opens")


def test_a_history_in_which_the_roles_do_not_take_turns_is_written_all_the_same(templated: Templated) -> None:
    history = [
        MESSAGES[0],
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "days of leave"},
        MESSAGES[1],
    ]

    text = _written(templated(STRICT), history)

    assert "days of leave" in text
    assert "office opens" in text
    assert alternating(history)[1:] == [{"role": "user", "content": "days of leave\n\noffice opens"}]


def test_a_model_without_a_template_gets_the_default(templated: Templated) -> None:
    folder = templated(None)
    generator = CausalGenerator(folder, GeneratorSettings(threads=1), lambda adapter: folder / adapter)

    draft = draft_of(generator.write(Task("When does the office open?", None, load_prompt(), None, 8)))

    assert draft.ending.chat == "the default: the model has none"
    assert draft.ending.completion_tokens > 0
    tokenizer, _ = load_causal(folder)
    assert tokenizer.chat_template == DEFAULT_TEMPLATE
    assert _written(folder, MESSAGES) == "be brief\n\nUser: office opens\nAssistant:"


@pytest.mark.parametrize("template", [OWN, None])
def test_the_template_in_a_folder_is_the_one_that_is_loaded(templated: Templated, template: str | None) -> None:
    assert template_of(templated(template)) == template


def test_a_model_with_a_broken_template_or_weights_is_refused_by_name(templated: Templated) -> None:
    folder = templated(BROKEN["unclosed"])
    with pytest.raises(ConflictError, match=r"base model templated cannot be used.*chat template"):
        load_causal(folder)

    (folder / "chat_template.jinja").unlink()
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ConflictError, match="base model templated cannot be used"):
        load_causal(folder)
