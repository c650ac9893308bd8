"""The export `chat`: conversations as OpenAI's fine-tuning takes them, preferences as its preference tuning does."""

from __future__ import annotations

from collections.abc import Mapping

from generator.prompt import Prompt, load_prompt
from generator.releases import typed
from store.examples import ChatContent, Message, PreferenceContent, QuestionContent
from store.json_values import Json
from store.releases import active_release
from tuner.data.exports.export import Asked, Export, json_lines


def write(asked: Asked) -> Mapping[str, bytes]:
    """Return the one file of the export; a question that the documents do not answer is declined."""
    prompt = _prompt(asked) if asked.dataset.kind == "qa" else None
    rows = [_row(example.content, prompt) for example in asked.examples]
    return {f"{asked.dataset.name}.jsonl": json_lines(row for row in rows if row)}


def _prompt(asked: Asked) -> Prompt:
    manifest = typed(active_release(asked.store, asked.dataset.domain_id)).manifest
    return load_prompt(manifest.prompt.name, manifest.prompt.sha256)


def _row(content: object, prompt: Prompt | None) -> dict[str, Json] | None:
    if isinstance(content, QuestionContent) and prompt is not None:
        reply = (content.answers or [prompt.abstention(content.question, with_passages=False)])[0]
        return {"messages": _turns([Message(role="user", content=content.question)], reply)}
    if isinstance(content, ChatContent):
        return {"messages": _turns(content.messages)}
    if isinstance(content, PreferenceContent):
        if content.chosen is None or content.rejected is None:
            said = content.chosen if content.chosen is not None else content.rejected
            return {
                "prompt": _turns(content.messages),
                "completion": _turns([], said),
                "label": content.chosen is not None,
            }
        return {
            "input": {"messages": _turns(content.messages)},
            "preferred_output": _turns([], content.chosen),
            "non_preferred_output": _turns([], content.rejected),
        }
    return None


def _turns(messages: list[Message], reply: str | None = None) -> list[Json]:
    last = [Message(role="assistant", content=reply)] if reply is not None else []
    return [each.model_dump(mode="json") for each in [*messages, *last]]


CHAT = Export("chat", kinds=frozenset({"qa", "chat", "preference"}), write=write)
