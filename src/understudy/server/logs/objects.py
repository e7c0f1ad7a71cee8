"""Rows of stored answers as the objects that stand on the wire."""

from typing import Any

from understudy.schemas.chat.stored import StoredChatCompletion, StoredMessage
from understudy.schemas.responses.stored import StoredResponse
from understudy.storage.answers.chat import completion_metadata
from understudy.storage.tables.answers import CompletionRow, ResponseRow

_MAX_QUESTION_CHARACTERS = 500


def stored_completion(row: CompletionRow) -> StoredChatCompletion:
    """Write a stored completion as it was answered, with what was asked and its metadata of now."""
    fields = {**row.answer, **row.settings, "metadata": completion_metadata(row)}
    if row.remote_model is not None:
        fields["remote_model"] = row.remote_model
    return StoredChatCompletion.model_validate(fields)


def logged_completion(row: CompletionRow) -> StoredChatCompletion:
    """Write a stored completion for a list of logs, with the beginning of what was asked last."""
    asked = [message for message in message_objects(row) if message.role == "user"]
    question = (asked[-1].content or "")[:_MAX_QUESTION_CHARACTERS] if asked else ""
    shown = stored_completion(row).model_dump() | {"question": question}
    return StoredChatCompletion.model_validate(shown)


def message_objects(row: CompletionRow) -> list[StoredMessage]:
    """Write the messages that a stored completion answered."""
    return [_message(f"{row.id}-{index}", message) for index, message in enumerate(row.messages)]


def stored_response(row: ResponseRow) -> StoredResponse:
    """Write a response as it was answered, with the items that it answered."""
    named = {} if row.remote_model is None else {"remote_model": row.remote_model}
    return StoredResponse.model_validate({**row.body, **named, "input": row.input})


def _message(id: str, message: dict[str, Any]) -> StoredMessage:
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    if parts is not None:
        content = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    shown = {"id": id, "content": content, "name": message.get("name"), "content_parts": parts}
    return StoredMessage.model_validate(message | shown)
