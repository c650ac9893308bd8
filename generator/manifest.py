"""The manifest of a release: everything that decides an answer, as one checked object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.arms import DEFAULT_ARM, SERVED
from generator.backends.table import BACKENDS, backend_of
from generator.evidence import Thresholds
from generator.prompt import load_prompt
from retriever.search.retrieval_part import RetrievalPart, SearchPlan
from store.choices import one_of
from store.errors import InvalidInputError
from store.json_values import Json, JsonObject
from store.lineage import PromptReference
from store.refusals import checked
from store.release_models import ROLES, Role


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GenerationPart(_Part):
    """Who writes the answer, and the arm that is used when a request names none."""

    backend: Annotated[str, one_of(BACKENDS)]
    arm: Annotated[str, one_of(SERVED)] = DEFAULT_ARM
    max_new_tokens: int = Field(96, ge=1, le=4096)


class ShotsPart(_Part):
    """The examples with answers that are shown to an untuned model before the question that is asked.

    They come from the train split of `dataset`, an id: the first ones, whatever is asked (`fixed`), or those whose
    questions are nearest. They take at most `tokens` of the prompt.
    """

    count: int = Field(0, ge=0, le=8)
    choice: Literal["nearest", "fixed"] = "nearest"
    dataset: str | None = None
    tokens: int = Field(600, ge=0, le=8192)


class SupportPart(_Part):
    """What becomes of what a language model wrote and no passage says.

    With `cite` a sentence without a marker gets that of the passage that says it: small models hardly cite. Sentences
    that no passage says are marked, in `unsupported` of the answer, or dropped. An answer of which no citation is left
    is an abstention, or the passages are quoted in its place. With `reader`, a statement does not count as supported
    either if the reader is that sure (0 to 1) that its passage answers the question otherwise.
    """

    cite: bool = False
    unsupported: Literal["mark", "drop"] = "mark"
    uncited: Literal["abstain", "quote"] = "abstain"
    reader: float | None = Field(None, ge=0, le=1)


class Manifest(_Part):
    """A release's content. Encoders are named for people; `space_id` is what binds them."""

    query_encoder: str
    passage_encoder: str
    space_id: str
    passage_set: str
    reranker: str | None = Field(None, pattern=r"^(reader|xen_[a-z0-9]{20})$")
    base_model: str | None
    adapter: str | None
    prompt: PromptReference
    shots: ShotsPart = ShotsPart()
    support: SupportPart = SupportPart()
    retrieval: RetrievalPart
    generation: GenerationPart
    thresholds: Thresholds

    @property
    def search_plan(self) -> SearchPlan:
        """What a search needs of the release."""
        return SearchPlan(self.space_id, self.passage_set, self.reranker, self.retrieval)

    @property
    def models(self) -> dict[Role, str]:
        """The registered models that the release uses, by role; the base model is configured and has none."""
        named: dict[Role, str | None] = {role: getattr(self, role) for role in ROLES}
        return {role: name for role, name in named.items() if name is not None and name.startswith("mdl_")}

    def as_json(self) -> dict[str, Json]:
        """Return the manifest as it is stored and shown."""
        return self.model_dump(mode="json")


CURRENT = "current"  # as a base model: the configured one, whatever it is
_FIXED = ("query_encoder", "passage_encoder", "space_id", "passage_set", "base_model")


def _known(manifest: JsonObject, path: Sequence[str]) -> str:
    """Return which settings there are in the section that was looked in, or at the top if there is no such section."""
    section: Json | JsonObject = manifest
    for step in path:
        section = section.get(step) if isinstance(section, Mapping) else None
    if path and isinstance(section, Mapping):
        return f"The section {'.'.join(path)} has {', '.join(section)}."
    return f"It has {', '.join(name for name in manifest if name not in _FIXED)}."


def changed_manifest(manifest: Manifest, changes: JsonObject) -> Manifest:
    """Return the manifest with `changes` merged in, nested or by dotted names, checked.

    Raises `InvalidInputError` for an unknown name, a value out of range, or a part that a release cannot change alone.
    """
    flat = dict(_flat(changes))
    values = _merged(manifest, flat)
    if "prompt.name" in flat:
        values["prompt"] = load_prompt(str(flat["prompt.name"])).reference.model_dump()
    found = checked(Manifest, values)
    if "generation.backend" in flat and not backend_of(found.generation.backend).takes_adapters:
        without = {"adapter": None}
        found = found.model_copy(update=without) if "generation.arm" in flat else without_adapter(found)
    load_prompt(found.prompt.name, found.prompt.sha256)
    return found


def _merged(manifest: Manifest, flat: JsonObject) -> dict[str, Json]:
    """Return the manifest as JSON with the values of dotted names set."""
    result = manifest.as_json()
    for name, value in flat.items():
        *path, last = name.split(".")
        if name == "base_model" and value == CURRENT:
            result["base_model"] = CURRENT
            continue
        if [*path, last][0] in _FIXED or name == "prompt.sha256":
            current = f" ({name}={CURRENT} takes the configured one)" if name == "base_model" else ""
            message = f"{name} cannot be set: it follows from the server's settings{current}."
            raise InvalidInputError(message, param=name)
        part: Json = result
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        if not isinstance(part, dict) or last not in part or value == {}:
            raise InvalidInputError(f"A release has no setting {name!r}. {_known(result, path)}", param=name)
        part[last] = value
    return result


def without_adapter(manifest: Manifest) -> Manifest:
    """Return the manifest without its adapter; an arm that needs one becomes the default one."""
    generation = manifest.generation
    arm = SERVED[generation.arm]
    servable = arm.trained is None and (arm.passages or backend_of(generation.backend).without_passages)
    kept = generation if servable else generation.model_copy(update={"arm": DEFAULT_ARM})
    return manifest.model_copy(update={"adapter": None, "generation": kept})


def _flat(changes: JsonObject, prefix: str = "") -> list[tuple[str, Json]]:
    found: list[tuple[str, Json]] = []
    for name, value in changes.items():
        if isinstance(value, Mapping) and value:
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
