"""Rows of stored answers as the objects that stand on the wire."""

from understudy.schemas.chat.stored import StoredChatCompletion
from understudy.schemas.responses.stored import StoredResponse
from understudy.storage.answers.chat import completion_metadata
from understudy.storage.tables.answers import CompletionRow, ResponseRow


def stored_completion(row: CompletionRow) -> StoredChatCompletion:
    """Write a stored completion as it was answered, with what was asked and its metadata of now."""
    fields = {**row.answer, **row.settings, "metadata": completion_metadata(row)}
    return StoredChatCompletion.model_validate(fields)


def stored_response(row: ResponseRow) -> StoredResponse:
    """Write a response as it was answered, with the items that it answered."""
    return StoredResponse.model_validate({**row.body, "input": row.input})
