"""Conversations as files have them: lists of messages, under whatever names, checked once for all formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from store.examples import Message
from store.json_values import Json
from store.refusals import kind_of
from tuner.data.formats.format import FormatError
from tuner.data.record import Place

_MOST = 1000  # messages of a conversation
_ROLES: Mapping[str, str] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "gpt": "assistant", "bot": "assistant", "chatbot": "assistant", "function_call": "assistant", "tool": "tool",
    "function": "tool", "observation": "tool",
}  # fmt: skip
_KNOWN = "system, user, assistant or tool (in ShareGPT: system, human, gpt, function_call or observation)"


def read_messages(
    given: Json,
    field: str,
    place: Place,
    names: tuple[str, str] = ("role", "content"),
    roles: Mapping[str, str] = _ROLES,
) -> list[Message]:
    """Return the messages in a field of a record; `names` are what its objects call role and text.

    Raises `FormatError` naming the message.
    """
    if not isinstance(given, list):
        raise FormatError(place, f"{field} must be a list, not {kind_of(given)}")
    if len(given) > _MOST:
        raise FormatError(place, f"{field} has {len(given)} messages; {_MOST} are allowed")
    return [_message(each, f"{field}.{number}", place, names, roles) for number, each in enumerate(given)]


def _message(given: Json, field: str, place: Place, names: tuple[str, str], roles: Mapping[str, str]) -> Message:
    role_name, text_name = names
    if not isinstance(given, dict):
        raise FormatError(place, f"{field} must be a JSON object, not {kind_of(given)}")
    for name in names:
        if name not in given and "tool_calls" in given:
            raise FormatError(place, f"{field}.tool_calls: calls of tools are not learned; write them as text")
        if name not in given:
            raise FormatError(place, f"{field}.{name} is missing")
    role, text = given[role_name], _joined(given[text_name])
    if not isinstance(role, str) or role.casefold() not in roles:
        raise FormatError(place, f"{field}.{role_name} must be {_KNOWN}, not {kind_of(role)}")
    if not isinstance(text, str):
        raise FormatError(place, f"{field}.{text_name} must be a string, not {kind_of(text)}")
    if max(text, default="") >= "\ud800" and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise FormatError(place, f"{field}.{text_name} holds half of a surrogate pair, which no encoding can write")
    known = roles[role.casefold()]
    return Message.model_validate({"role": known, "content": text})


def _joined(text: Json) -> Json:
    """Return a list of text parts as one text; anything else stays what it is."""
    if isinstance(text, list) and all(isinstance(each, dict) and isinstance(each.get("text"), str) for each in text):
        return "".join(str(each["text"]) for each in text if isinstance(each, dict))
    return text


def check_prompt(messages: Sequence[Message], field: str, place: Place) -> None:
    """Raise `FormatError` unless these are messages to reply to: the system first and once, then a user, none empty."""
    for number, each in enumerate(messages):
        if each.role == "system" and number:
            raise FormatError(place, f"{field}.{number}: a system message stands first or nowhere")
        if not each.content.strip() and each.role != "system":
            raise FormatError(place, f"{field}.{number}: the message of the {each.role} is empty")
    if not any(each.role == "user" for each in messages):
        raise FormatError(place, f"{field}: no message is of the user")
    if messages[-1].role == "assistant":
        raise FormatError(place, f"{field}: the last message before a reply is of the user, not of the assistant")
    first = messages[1 if messages[0].role == "system" else 0]
    if first.role != "user":
        raise FormatError(place, f"{field}: a conversation begins with the user, not with the {first.role}")


def check_chat(messages: Sequence[Message], field: str, place: Place) -> None:
    """Raise `FormatError` unless these are a conversation that ends with a reply to learn."""
    if not messages:
        raise FormatError(place, f"{field} is empty")
    last = messages[-1]
    if last.role != "assistant":
        raise FormatError(place, f"{field}: the last message must be of the assistant, not of the {last.role}")
    if not last.content.strip():
        raise FormatError(place, f"{field}.{len(messages) - 1}: the reply to learn is empty")
    if len(messages) == 1:
        raise FormatError(place, f"{field}: no message is of the user")
    check_prompt(messages[:-1], field, place)


def reply(given: Json, field: str, place: Place, names: tuple[str, str] = ("role", "content")) -> str:
    """Return a reply: a string, a message, or a list of one message of the assistant. Raises `FormatError`."""
    if isinstance(given, str):
        text = given
    else:
        found = read_messages(given if isinstance(given, list) else [given], field, place, names)
        if len(found) != 1 or found[0].role != "assistant":
            raise FormatError(place, f"{field} must be one message of the assistant")
        text = found[0].content
    if not text.strip():
        raise FormatError(place, f"{field} is empty")
    return text


def prompt_of(given: Json, field: str, place: Place) -> list[Message]:
    """Return the messages of a prompt that is a string or a list of messages. Raises `FormatError`."""
    found = [Message(role="user", content=given)] if isinstance(given, str) else read_messages(given, field, place)
    if not found:
        raise FormatError(place, f"{field} is empty")
    check_prompt(found, field, place)
    return found
