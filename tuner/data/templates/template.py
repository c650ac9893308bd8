"""What a template is: a file that says which fields it fills, and its wordings, as Jinja that can do nothing else.

A template may print fields, pass them through a few filters, and leave parts out by `if`. Loops, calls, arithmetic and
attributes are refused when it is read, so that no template, whoever wrote it, can take long, write much or reach out of
its record.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import InvalidInputError
from store.refusals import explain

LONGEST = 100_000  # signs of what a template writes
_SOURCE = 20_000  # signs of a file
_FILTERS = ("mood", "trim", "lower", "upper", "capitalize", "title", "default")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Filter, nodes.Const, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
)  # fmt: skip
_WORDS = {
    "positive": ("positive", "pos", "good", "正面", "好评", "积极"), "neutral": ("neutral", "mixed", "中性", "中评"),
    "negative": ("negative", "neg", "bad", "负面", "差评", "消极"),
}  # fmt: skip


class Wording(BaseModel):
    """One way to ask and to reply, as Jinja."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str = Field(min_length=1, max_length=4000)
    reply: str = Field(min_length=1, max_length=4000)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = ""
    choices: str | None = None
    scale: str | None = None
    fields: dict[str, str] = Field(min_length=1, max_length=20)
    en: list[Wording] = Field(default_factory=list, max_length=50)
    zh: list[Wording] = Field(default_factory=list, max_length=50)


@dataclass(frozen=True)
class Template:
    """A template: the fields that it fills, each with what it means, and its wordings by language.

    `choices` names the field whose values in the whole table may be named in a prompt, `scale` one of ratings: where a
    table has only 0 and 1 there, these are negative and positive.
    """

    name: str
    about: str
    fields: Mapping[str, str]
    wordings: Mapping[str, list[Wording]]
    choices: str | None = None
    scale: str | None = None


def read_template(name: str, source: str) -> Template:
    """Return the template that a file in TOML holds; `InvalidInputError` says what is wrong with it."""
    try:
        if len(source) > _SOURCE:
            raise _wrong(name, f"it has {len(source)} characters; {_SOURCE} are allowed")
        given = tomllib.loads(source)
        held = _File.model_validate(given)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(name, f"it is no TOML ({error})") from error
    except ValidationError as error:
        raise _wrong(name, explain(error.errors()[0], given)[1].rstrip(".")) from error
    wordings = {language: own for language, own in (("en", held.en), ("zh", held.zh)) if own}
    if not wordings:
        raise _wrong(name, "it has no wording: [[en]] or [[zh]] with a prompt and a reply")
    for special in (held.choices, held.scale):
        if special is not None and special not in held.fields:
            raise _wrong(name, f"{special!r} is none of its fields")
    for language, own in wordings.items():
        for number, each in enumerate(own):
            for part, text in (("prompt", each.prompt), ("reply", each.reply)):
                _check(name, f"{language}.{number}.{part}", text, {*held.fields, "choices"})
    return Template(name, held.about, held.fields, wordings, held.choices, held.scale)


@lru_cache
def shipped() -> Mapping[str, Template]:
    """Return the templates that come with Tandem, by name."""
    folder = files("tuner.data.templates")
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    names = {each.removesuffix(".toml"): (folder / each).read_text(encoding="utf-8") for each in found}
    return {name: read_template(name, source) for name, source in names.items()}


def filled(text: str, fields: Mapping[str, str]) -> str:
    """Return a wording with the fields of a record; `ValueError` says why it cannot be filled."""
    try:
        written = _environment().from_string(text).render(fields)
    except TemplateError as error:
        raise ValueError(str(error)) from error
    if len(written) > LONGEST:
        raise ValueError(f"it would be {len(written)} characters long; {LONGEST} are allowed")
    if not written.strip():
        raise ValueError("nothing would be written")
    return written


def mood(value: str, positive: str, neutral: str, negative: str) -> str:
    """Return one of three words for a rating: 1 to 5 stars, or what is called positive, neutral or negative.

    Raises `TemplateError` for anything else.
    """
    given = value.strip().casefold()
    for word, names in _WORDS.items():
        if given in names:
            return {"positive": positive, "neutral": neutral, "negative": negative}[word]
    try:
        number = float(given)
    except ValueError as error:
        raise TemplateError(
            f"the rating {value[:40]!r} is neither a number nor positive, neutral or negative"
        ) from error
    if not 1 <= number <= 5:
        raise TemplateError(f"the rating {value[:40]!r} is not from 1 to 5")
    return positive if number > 3 else negative if number < 3 else neutral


@lru_cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    environment.filters = {name: environment.filters[name] for name in _FILTERS if name != "mood"} | {"mood": mood}
    environment.globals = {}
    return environment


def _check(name: str, where: str, text: str, fields: set[str]) -> None:
    """Raise `InvalidInputError` for a wording that does more than print fields."""
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        raise _wrong(name, f"{where}: {str(error).rstrip('.')}") from error
    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        if not isinstance(node, _ALLOWED):
            raise _wrong(name, f"{where}: {kind} is not allowed; a template prints fields, filters them, and asks if")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise _wrong(name, f"{where}: there is no filter {node.name!r}; there is {', '.join(_FILTERS)}")
        if isinstance(node, nodes.Name) and node.name not in fields:
            raise _wrong(name, f"{where}: {node.name!r} is none of its fields")


def _wrong(name: str, said: str) -> InvalidInputError:
    return InvalidInputError(f"The template {name[:80]!r} cannot be used: {said}.", param="template")
