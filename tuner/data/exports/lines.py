"""The export `lines`: what a data set holds, with keys, splits and documents, so that it can be imported as it was."""

from __future__ import annotations

from collections.abc import Mapping

from store.datasets import Example
from store.examples import (
    ChatContent,
    PreferenceContent,
    QuestionContent,
    RetrievalContent,
    TextContent,
    TripletContent,
)  # fmt: skip
from store.json_values import Json
from tuner.data.exports.export import Asked, Export, json_lines


def write(asked: Asked) -> Mapping[str, bytes]:
    """Return the one file of the export."""
    return {f"{asked.dataset.name}.jsonl": json_lines(_row(asked, example) for example in asked.examples)}


def _row(asked: Asked, example: Example) -> dict[str, Json]:
    names = {each: found.external_id for each in example.documents if (found := asked.document(each))}
    spans: list[Json] = [
        {"document": names[each], "start": start, "end": end}
        for each, places in example.spans.items()
        for start, end in places
        if each in names
    ]
    about: dict[str, Json] = {"id": example.key, "split": example.split, "documents": [*names.values()]}
    own = _content(example.content)
    return {**own, **about, **({"spans": spans} if spans and isinstance(example.content, QuestionContent) else {})}


def _content(content: object) -> dict[str, Json]:
    """Return the fields of an example in the first format that reads its kind whole."""
    if isinstance(content, PreferenceContent):
        prompt: list[Json] = [each.model_dump(mode="json") for each in content.messages]
        if content.chosen is None or content.rejected is None:
            said = content.chosen if content.chosen is not None else content.rejected
            return {"prompt": prompt, "completion": said, "label": content.chosen is not None}
        return {"prompt": prompt, "chosen": content.chosen, "rejected": content.rejected}
    if isinstance(content, TripletContent):
        fields: dict[str, Json] = {
            "query": content.query,
            "pos": [*content.positives],
            "neg": [*content.negatives],
            "pos_scores": [*content.positive_scores] if content.positive_scores else None,
            "neg_scores": [*content.negative_scores] if content.negative_scores else None,
            "prompt": content.prompt,
        }
        return {name: value for name, value in fields.items() if value is not None}
    if isinstance(content, QuestionContent | ChatContent | RetrievalContent | TextContent):
        return content.as_json()
    return {}


LINES = Export("lines", kinds=frozenset({"qa", "chat", "preference", "triplets", "retrieval", "text"}), write=write)
