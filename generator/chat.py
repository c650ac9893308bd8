"""Chat templates: how a model wants a conversation written, whatever roles its template knows.

A template without a system role gets the system text at the beginning of the first user turn. A model without a
template gets a plain default: the system text, then `User: …` and `Assistant: …`. One that cannot be rendered is
refused. Base models that have a name here get a template of ours: the texts, then `Answer:`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from generator.prompt import Message
from store.errors import ConflictError

DEFAULT_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] }}\n\n"
    "{% elif message['role'] == 'user' %}User: {{ message['content'] }}\n"
    "{% else %}Assistant: {{ message['content'] }}{{ eos_token or '' }}\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
COMPLETION_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}Answer: {{ message['content'] }}{{ eos_token or '' }}\n\n"
    "{% else %}{{ message['content'] }}\n\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}Answer:{% endif %}"
)
# Where a model that was never taught to stop goes on by itself: it speaks for the user, or begins a new paragraph.
_STOPS = {DEFAULT_TEMPLATE: "\nUser:", COMPLETION_TEMPLATE: "\n\n"}
_SYSTEM_IN_USER = (
    "{%- if messages[0]['role'] == 'system' -%}"
    "{%- if messages|length > 1 and messages[1]['role'] == 'user' -%}"
    "{%- set messages = [{'role': 'user', 'content': messages[0]['content'] + '\n\n' + messages[1]['content']}]"
    " + messages[2:] -%}"
    "{%- else -%}{%- set messages = [{'role': 'user', 'content': messages[0]['content']}] + messages[1:] -%}"
    "{%- endif -%}{%- endif -%}"
)
_GENERATION = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")  # marks the reply for training; writes nothing
_SYSTEM, _USER = "the system text", "the question"


def usable_template(template: object) -> str:
    """Return a template that can write system, user and assistant turns: the model's own, wrapped if it must be.

    `template` is what a tokenizer has: text, several by name, or None. Raises `ConflictError` if it cannot be used.
    """
    own = template.get("default") if isinstance(template, Mapping) else template
    if not own:
        return DEFAULT_TEMPLATE
    if not isinstance(own, str):
        raise _broken("it is no text")
    if own == DEFAULT_TEMPLATE or own.startswith(_SYSTEM_IN_USER) or _problem(own) is None:
        return own
    problem = _problem(_SYSTEM_IN_USER + own)
    if problem is not None:
        raise _broken(problem)
    return _SYSTEM_IN_USER + own


def template_use(template: str) -> str:
    """Return how a usable template came about, for people."""
    if template == DEFAULT_TEMPLATE:
        return "the default: the model has none"
    if template == COMPLETION_TEMPLATE:
        return "Tandem's for base models: the texts, then `Answer:`"
    if template.startswith(_SYSTEM_IN_USER):
        return "the model's own, which knows no system role: the system text is in the first user turn"
    return "the model's own"


def reply_of(template: str, text: str) -> str:
    """Return what a model wrote up to where, under a template of ours, it would go on by itself."""
    stop = _STOPS.get(template)
    return (text if stop is None else text.strip().split(stop)[0]).strip()


def template_of(folder: Path) -> object:
    """Return the chat template in a model's folder, read without its libraries, or None if it has none."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            template = content.get("chat_template") if isinstance(content, dict) else None
            if isinstance(template, list):
                return {each["name"]: each["template"] for each in template}
            if template:
                return template
    return None


def alternating(messages: list[Message]) -> list[Message]:
    """Return the messages with user and assistant taking turns, as some templates demand.

    Neighbours of one role become one message; an assistant's turn that answers nothing is left out.
    """
    found: list[Message] = []
    for message in messages:
        last = found[-1]["role"] if found else None
        if message["role"] == last:
            found[-1] = {"role": message["role"], "content": f"{found[-1]['content']}\n\n{message['content']}"}
        elif message["role"] != "assistant" or last == "user":
            found.append(dict(message))
    return found


def _problem(template: str) -> str | None:
    """Return why a template cannot write a system text and a question, or None."""
    from jinja2 import TemplateError

    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
    try:
        written = _render(template, messages)
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    missing = [text for text in (_SYSTEM, _USER) if text not in written]
    return f"it leaves out {missing[0]}" if missing else None


def _render(template: str, messages: list[Message]) -> str:
    """Render as transformers does, without loading it."""
    from datetime import datetime

    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = partial(json.dumps, ensure_ascii=False)
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().astimezone().strftime(form)
    compiled = environment.from_string(_GENERATION.sub("", template))
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return compiled.render(messages=messages, add_generation_prompt=True, tools=None, documents=None, **names)


def _broken(reason: str) -> ConflictError:
    return ConflictError(f"its chat template cannot be used: {reason.rstrip('.')}", code="unusable_base_model")
