"""What a remote model is asked: a plan as the body of a chat request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.answering.plan import AnswerPlan
from understudy.answering.remote.model import RemoteModel
from understudy.chat.answer_shape import FreeText, JsonObject, JsonSchema, TextForm, ToolUse
from understudy.chat.messages import Image, Message, Tool
from understudy.data.images.data_urls import data_url
from understudy.data.images.pictures import media_type_of
from understudy.errors import InvalidRequestError
from understudy.storage.blobs import BlobStore


@dataclass(frozen=True, kw_only=True)
class RemotePrompt:
    """A remote model, and the body of the request that it is sent."""

    model: RemoteModel
    body: Mapping[str, Any]
    room: int | None
    """Tokens that an answer may have; None where only the remote server knows."""
    ignored: tuple[str, ...] = ()
    """Always empty: what a remote model does not take is refused."""


def make_remote_prompt(plan: AnswerPlan, model: RemoteModel) -> RemotePrompt:
    """Write a plan as a request; raises InvalidRequestError for what cannot be passed on."""
    _refuse(plan, model)
    endpoint = model.endpoint
    body = {
        "model": endpoint.model,
        "messages": [_message(message, model.blobs) for message in plan.messages],
        **_tools(plan),
        **_form(plan.text_form),
        **_sampling(plan),
    }
    if plan.max_tokens is not None:
        body[str(endpoint.max_tokens_field)] = plan.max_tokens
    if plan.is_streamed:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return RemotePrompt(model=model, body=body, room=plan.max_tokens)


def _refuse(plan: AnswerPlan, model: RemoteModel) -> None:
    endpoint = model.endpoint
    if plan.top_logprobs is not None:
        raise InvalidRequestError(
            f"{endpoint.words}: log-probabilities of remote models are not passed on by this "
            "server; leave 'logprobs' out.",
            code="unsupported_parameter",
            param="logprobs",
        )
    if endpoint.has_fixed_sampling and (chosen := next(iter(_chosen(plan)), None)):
        raise InvalidRequestError(
            f"{endpoint.words} takes no '{chosen}'; leave it out.",
            code="unsupported_parameter",
            param=chosen,
        )


def _chosen(plan: AnswerPlan) -> Mapping[str, float]:
    """Return how tokens are drawn where it is not as usual."""
    values = {
        "temperature": (plan.temperature, 1.0),
        "top_p": (plan.top_p, 1.0),
        "frequency_penalty": (plan.frequency_penalty, 0.0),
        "presence_penalty": (plan.presence_penalty, 0.0),
    }
    return {name: value for name, (value, usual) in values.items() if value != usual}


def _sampling(plan: AnswerPlan) -> dict[str, Any]:
    body: dict[str, Any] = dict(_chosen(plan))
    if plan.choices != 1:
        body["n"] = plan.choices
    if plan.seed is not None:
        body["seed"] = plan.seed
    if plan.stop:
        body["stop"] = list(plan.stop)
    if plan.effort is not None:
        body["reasoning_effort"] = plan.effort
    if plan.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in plan.logit_bias}
    return body


def _message(message: Message, blobs: BlobStore) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.parts:
        written["content"] = [_part(part, blobs) for part in message.parts]
    if message.name is not None:
        written["name"] = message.name
    if message.reasoning is not None:
        written["reasoning_content"] = message.reasoning
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    return written


def _part(part: str | Image, blobs: BlobStore) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    written = image_part(part, blobs)
    written["image_url"]["detail"] = part.detail.value
    return written


def image_part(image: Image, blobs: BlobStore) -> dict[str, Any]:
    """Return the part of a message that shows an image; reads its bytes."""
    # Its bytes and not its address: the other server may not reach what this one has read.
    content = blobs.stored(image.sha256).read_bytes()
    url = data_url(media_type_of(content), content)
    return {"type": "image_url", "image_url": {"url": url}}


def _tools(plan: AnswerPlan) -> dict[str, Any]:
    if not plan.tools:
        return {}
    body: dict[str, Any] = {"tools": [_tool(tool) for tool in plan.tools]}
    choice = plan.tool_choice
    is_must = choice.use is ToolUse.MUST
    if choice.names is None:
        body["tool_choice"] = "required" if is_must else "auto"
    elif is_must and len(choice.names) == 1:
        body["tool_choice"] = _named(choice.names[0])
    else:
        allowed = {
            "mode": "required" if is_must else "auto",
            "tools": [_named(name) for name in choice.names],
        }
        body["tool_choice"] = {"type": "allowed_tools", "allowed_tools": allowed}
    if not choice.is_parallel:
        body["parallel_tool_calls"] = False
    return body


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = dict(tool.parameters)
    if tool.is_strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _form(form: TextForm) -> dict[str, Any]:
    match form:
        case FreeText():
            return {}
        case JsonObject():
            return {"response_format": {"type": "json_object"}}
        case JsonSchema():
            named = {"name": form.name, "schema": dict(form.schema), "strict": form.is_strict}
            return {"response_format": {"type": "json_schema", "json_schema": named}}
