"""Rows of stored answers as the objects that stand on the wire."""

from understudy.schemas.stored_chat import StoredChatCompletion
from understudy.schemas.stored_responses import StoredResponse
from understudy.storage.answer_rows import CompletionRow, ResponseRow
from understudy.storage.completions import completion_metadata


def stored_completion(row: CompletionRow) -> StoredChatCompletion:
    """Write a stored completion as it was answered, with what was asked and its metadata of now."""
    fields = {**row.answer, **row.settings, "metadata": completion_metadata(row)}
    return StoredChatCompletion.model_validate(fields)


def stored_response(row: ResponseRow) -> StoredResponse:
    """Write a response as it was answered, with the items that it answered."""
    return StoredResponse.model_validate({**row.body, "input": row.input})
