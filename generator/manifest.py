"""The manifest of a release: everything that decides an answer, as one checked object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.answering import prompt_reference
from generator.arms import DEFAULT_ARM, SERVED
from generator.prompt import load_prompt
from retriever.search.retrieval_part import RetrievalPart
from store.choices import one_of
from store.errors import InvalidInputError
from store.refusals import checked


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PromptPart(_Part):
    """A prompt version by name and hash."""

    name: str
    sha256: str


class GenerationPart(_Part):
    """Who writes the answer, and the arm that is used when a request names none."""

    backend: Literal["extractive", "transformers"]
    arm: Annotated[str, one_of(SERVED)] = DEFAULT_ARM
    max_new_tokens: int = Field(96, ge=1, le=4096)


class WeightsPart(_Part):
    """The weights of the logistic that estimates the evidence, see `generator.evidence.features`."""

    bias: float
    reading: float
    coverage: float
    cosine: float
    chinese: float
    chinese_coverage: float


class ThresholdsPart(_Part):
    """Evidence: the estimate's weights and the value below which a release abstains."""

    evidence: float = Field(ge=0, le=1)
    weights: WeightsPart


class Manifest(_Part):
    """A release's content. Encoders are named for people; `space_id` is what binds them."""

    query_encoder: str
    passage_encoder: str
    space_id: str
    passage_set: str
    reranker: str | None = Field(None, pattern=r"^(reader|xen_[a-z0-9]{20})$")
    base_model: str | None
    adapter: str | None
    prompt: PromptPart
    shots: Literal[0] = 0
    retrieval: RetrievalPart
    generation: GenerationPart
    thresholds: ThresholdsPart


CURRENT = "current"  # as a base model: the configured one, whatever it is
_FIXED = ("query_encoder", "passage_encoder", "space_id", "passage_set", "base_model")


def _known(manifest: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return which settings there are in the section that was looked in, or at the top if there is no such section."""
    section: Any = manifest
    for step in path:
        section = section.get(step) if isinstance(section, Mapping) else None
    where = ".".join(path) if path and isinstance(section, Mapping) else ""
    names = section if where else [name for name in manifest if name not in _FIXED]
    return f"{f'The section {where} has' if where else 'It has'} {', '.join(names)}."


def changed_manifest(manifest: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest with `changes` merged in, nested or by dotted names, checked.

    Raises `InvalidInputError` for an unknown name, a value out of range, or a part that a release cannot change alone.
    """
    result = Manifest.model_validate(dict(manifest)).model_dump()
    flat = dict(_flat(changes))
    for name, value in flat.items():
        *path, last = name.split(".")
        if name == "base_model" and value == CURRENT:
            result["base_model"] = CURRENT
            continue
        if [*path, last][0] in _FIXED or name == "prompt.sha256":
            current = f" ({name}={CURRENT} takes the configured one)" if name == "base_model" else ""
            message = f"{name} cannot be set: it follows from the server's settings{current}."
            raise InvalidInputError(message, param=name)
        part: Any = result
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        if not isinstance(part, dict) or last not in part or value == {}:
            raise InvalidInputError(f"A release has no setting {name!r}. {_known(result, path)}", param=name)
        part[last] = value
    if flat.get("generation.backend") == "extractive":
        arm = flat.get("generation.arm")
        result = without_adapter(result) if arm is None else {**result, "adapter": None}
    if "prompt.name" in flat:
        result["prompt"] = prompt_reference(load_prompt(str(result["prompt"]["name"])))
    found = checked(Manifest, result)
    load_prompt(found.prompt.name, found.prompt.sha256)
    return found.model_dump()


def without_adapter(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest without its adapter; an arm that needs one becomes the default one."""
    generation = manifest["generation"]
    arm = SERVED[generation["arm"]]
    servable = generation["backend"] != "extractive" or arm.passages
    name = arm.name if arm.trained is None and servable else DEFAULT_ARM
    return {**manifest, "adapter": None, "generation": {**generation, "arm": name}}


def _flat(changes: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in changes.items():
        if isinstance(value, Mapping) and value:
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
