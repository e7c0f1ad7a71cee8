"""What is kept of a chat completion, so that lists, evals and distillation can read it again."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from understudy.answering.chat.conversation import IMAGE_PARTS
from understudy.chat.messages import Image
from understudy.data.images.addresses import kept_url
from understudy.schemas.chat.answer import ChatCompletion
from understudy.schemas.chat.request import ChatMessage, CreateChatCompletion
from understudy.storage.answers.chat import metadata_rows
from understudy.storage.tables.answers import CompletionRow

_SECONDS_A_DAY = 24 * 3600
# Shown with the stored answer under these names; sampling is shown even where a default applied.
_AS_REQUESTED = ("tool_choice", "tools", "response_format", "functions", "function_call", "seed")


def completion_row(
    request: CreateChatCompletion,
    answer: ChatCompletion,
    *,
    project_id: str,
    request_id: str,
    days: int,
    remote_model: str | None,
    images: Sequence[Image] = (),
    seconds: float | None = None,
) -> CompletionRow:
    """Return the row of an answer that is kept for `days` days.

    `remote_model` is the name under which a remote server gave it. `images` are those of the
    conversation, in order: the row only refers to them. `seconds` is how long the answer took.
    """
    return CompletionRow(
        id=answer.id,
        project_id=project_id,
        model=answer.model,
        remote_model=remote_model,
        created_at=answer.created,
        expires_at=answer.created + days * _SECONDS_A_DAY,
        messages=_messages(request.messages, iter(images)),
        settings=_settings(request, request_id) | _timing(seconds),
        answer=answer.model_dump(mode="json"),
        pairs=metadata_rows(request.metadata or {}),
    )


def _timing(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None else {"seconds": round(seconds, 3)}


def _messages(messages: Sequence[ChatMessage], images: Iterator[Image]) -> list[dict[str, Any]]:
    written = [message.model_dump(mode="json", exclude_none=True) for message in messages]
    for message in written:
        content = message.get("content")
        if isinstance(content, list):
            parts = cast("list[dict[str, Any]]", content)
            message["content"] = [_part(part, images) for part in parts]
    return written


def _part(part: dict[str, Any], images: Iterator[Image]) -> dict[str, Any]:
    if part["type"] not in IMAGE_PARTS:
        return part
    image = next(images)
    url = {"url": kept_url(image.sha256), "detail": image.detail.value}
    return {"type": "image_url", "image_url": url}


def _settings(request: CreateChatCompletion, request_id: str) -> dict[str, Any]:
    asked = request.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {
        "request_id": request_id,
        **{name: asked.get(name) for name in _AS_REQUESTED},
        "temperature": 1.0 if request.temperature is None else request.temperature,
        "top_p": 1.0 if request.top_p is None else request.top_p,
        "presence_penalty": request.presence_penalty or 0.0,
        "frequency_penalty": request.frequency_penalty or 0.0,
        "max_completion_tokens": request.max_completion_tokens or request.max_tokens,
        "input_user": request.user,
    }
