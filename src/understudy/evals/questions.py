"""From a row of an eval to the question that a model is asked about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from understudy.answering.chat.conversation import IMAGE_PARTS
from understudy.answering.plan import AnswerPlan, plan_chat
from understudy.answering.responses.stored_items import chat_messages, chat_tools
from understudy.answering.shown_images import NOT_HERE
from understudy.chat.messages import Image
from understudy.data.examples import images_of
from understudy.data.images.addresses import kept_url
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradingError
from understudy.graders.sample import Sample
from understudy.graders.template import Template, Variable, read_template, value_of
from understudy.schemas.chat.request import ChatMessage, CreateChatCompletion
from understudy.schemas.evals.runs import (
    CompletionsDataSource,
    ImagePart,
    MessagesOfItem,
    ResponsesDataSource,
    ResponsesSampling,
    StoredCompletions,
    StoredResponses,
)
from understudy.wording import worded

_NO_SAMPLE = Sample(given={})
_MESSAGES = "data_source.input_messages"


@dataclass(frozen=True)
class ImageTemplate:
    """An image of a message before it is filled in."""

    address: Template
    is_file: bool
    detail: str | None

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of its address."""
        return self.address.variables

    def fill(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a chat request about a row; raises GradingError."""
        kind, key = ("image_file", "file_id") if self.is_file else ("image_url", "url")
        address = self.address.fill(_NO_SAMPLE, item)
        return {"type": kind, kind: {key: address, "detail": self.detail}}


@dataclass(frozen=True)
class MessageTemplate:
    """A message before it is filled in."""

    role: str
    parts: tuple[Template | ImageTemplate, ...]

    def fill(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message of a chat request about a row; raises GradingError."""
        if not any(isinstance(part, ImageTemplate) for part in self.parts):
            texts = (part for part in self.parts if isinstance(part, Template))
            content: Any = "".join(text.fill(_NO_SAMPLE, item) for text in texts)
        else:
            content = [
                {"type": "text", "text": part.fill(_NO_SAMPLE, item)}
                if isinstance(part, Template)
                else part.fill(item)
                for part in self.parts
            ]
        return {"role": self.role, "content": content}


@dataclass(frozen=True, kw_only=True)
class EvalQuestion:
    """What a model is asked about one row."""

    plan: AnswerPlan
    asked: Sequence[Mapping[str, Any]]
    """The messages as output items record them: their content is text, or parts with images."""


@dataclass(frozen=True, kw_only=True)
class QuestionTemplate:
    """How every row of a run becomes a question."""

    model: str
    messages: tuple[MessageTemplate, ...] | Variable
    """Messages to fill in, or where in the item the whole conversation is."""
    settings: Mapping[str, Any]
    """Fields of a chat request."""
    tools_of_item: Variable | None
    """Where in the item the tools are that its conversation is asked with."""

    @property
    def variables(self) -> tuple[tuple[str, Variable], ...]:
        """All variables, each with the path of the parameter it stands in."""
        if isinstance(self.messages, Variable):
            return ((f"{_MESSAGES}.item_reference", self.messages),)
        return tuple(
            (f"{_MESSAGES}.template[{i}].content", variable)
            for i, message in enumerate(self.messages)
            for part in message.parts
            for variable in part.variables
        )

    def question(self, item: Mapping[str, Any], images: ImageSource = NOT_HERE) -> EvalQuestion:
        """Return the question about one row; blocks for its images.

        Raises InvalidRequestError when it makes none.
        """
        own = self._own_tools(item)
        request = self._request(self._filled(item), {"tools": own} if own else {})
        plan = plan_chat(request, images)
        shown = iter(images_of(plan.messages))
        return EvalQuestion(
            plan=plan, asked=[_recorded(message, shown) for message in request.messages]
        )

    def check_settings(self) -> None:
        """Raise InvalidRequestError for settings that no question can be asked with."""
        plan_chat(self._request([{"role": "user", "content": "?"}], {}))

    def _filled(self, item: Mapping[str, Any]) -> list[dict[str, Any]]:
        try:
            if isinstance(self.messages, Variable):
                return _conversation(self.messages, value_of(self.messages, _NO_SAMPLE, item))
            return [message.fill(item) for message in self.messages]
        except GradingError as error:
            raise InvalidRequestError(error.message, code="invalid_variable") from error

    def _own_tools(self, item: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.tools_of_item is None:
            return []
        try:
            tools = value_of(self.tools_of_item, _NO_SAMPLE, item)
        except GradingError:
            return []  # A conversation without tools need not say so.
        if isinstance(tools, Sequence) and not isinstance(tools, str):
            return chat_tools(cast("Sequence[Mapping[str, Any]]", tools))
        raise InvalidRequestError(
            worded(
                "evals.not_list_tools_so",
                "{tools_of_item} is not a list of tools, so it cannot be asked with them.",
                tools_of_item=str(self.tools_of_item),
            ),
            code="invalid_value",
        )

    def _request(
        self, messages: list[dict[str, Any]], more: Mapping[str, Any]
    ) -> CreateChatCompletion:
        request = {"model": self.model, "messages": messages, **self.settings, **more}
        try:
            return CreateChatCompletion.model_validate(request)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("<"))
            raise InvalidRequestError(
                worded(
                    "evals.wrong_value_at",
                    "Invalid '{path}': {msg}",
                    path=path,
                    msg=first["msg"],
                ),
                code="invalid_value",
                param=path,
            ) from None


def question_template_of(
    source: CompletionsDataSource | ResponsesDataSource,
) -> QuestionTemplate | None:
    """Return how rows become questions, or None when nothing is sampled.

    Raises InvalidRequestError when only half of it is said, and for templates that cannot be read.
    """
    if source.model is None and source.input_messages is None:
        return None
    if source.model is None:
        raise _missing("data_source.model")
    if source.input_messages is None:
        raise _missing(_MESSAGES)
    messages, settings = _messages(source.input_messages), _settings(source)
    is_stored = isinstance(source.source, StoredCompletions | StoredResponses)
    tools = _tools_of_item(source.input_messages, is_stored=is_stored)
    has_own_tools = settings.get("tools") is not None
    if not settings.get("tools"):
        settings.pop("tools", None)
    return QuestionTemplate(
        model=source.model,
        messages=messages,
        settings=settings,
        tools_of_item=None if has_own_tools else tools,
    )


def _messages(given: Any) -> tuple[MessageTemplate, ...] | Variable:
    if isinstance(given, MessagesOfItem):
        return _reference(given.item_reference)
    return tuple(
        MessageTemplate(
            message.role,
            tuple(_part(part, f"{_MESSAGES}.template[{i}].content") for part in message.parts),
        )
        for i, message in enumerate(given.template)
    )


def _part(part: str | ImagePart, param: str) -> Template | ImageTemplate:
    if isinstance(part, str):
        return read_template(part, param=param)
    address = part.image_url if part.file_id is None else part.file_id
    return ImageTemplate(
        read_template(address or "", param=param), part.file_id is not None, part.detail
    )


def _tools_of_item(given: Any, *, is_stored: bool) -> Variable | None:
    if not isinstance(given, MessagesOfItem):
        return None
    if given.tools_reference is not None:
        return _reference(given.tools_reference, "tools_reference")
    # A stored conversation is asked again with the tools that it had.
    return _STORED_TOOLS if is_stored else None


_STORED_TOOLS = Variable("item", ("tools",))


def _reference(text: str, field: str = "item_reference") -> Variable:
    param = f"{_MESSAGES}.{field}"
    bare = text.strip().removeprefix("{{").removesuffix("}}")
    parts = read_template("{{" + bare + "}}", param=param).parts
    if len(parts) != 1 or not isinstance(parts[0], Variable):
        raise InvalidRequestError(
            worded(
                "evals.expected_one_variable_item",
                "Invalid '{param}': expected one variable of the item, such as 'item.input'.",
                param=param,
            ),
            code="invalid_value",
            param=param,
        )
    return parts[0]


def _conversation(variable: Variable, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise InvalidRequestError(
            worded(
                "evals.not_list_messages_so",
                "{variable} is not a list of messages, so it cannot be asked.",
                variable=str(variable),
            ),
            code="invalid_messages",
        )
    return chat_messages(cast("Sequence[Any]", value))


def _settings(source: CompletionsDataSource | ResponsesDataSource) -> dict[str, Any]:
    if source.sampling_params is None:
        return {}
    settings = source.sampling_params.model_dump(exclude_none=True)
    if isinstance(source.sampling_params, ResponsesSampling):
        settings |= _from_responses(settings.pop("text", {}), settings.pop("tools", None))
    return settings


def _from_responses(
    text: Mapping[str, Any], tools: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    """Write what responses say flat as chat completions say it."""
    found: dict[str, Any] = {}
    form = text.get("format")
    if form is not None and form.get("type") == "json_schema":
        schema = {key: value for key, value in form.items() if key != "type"}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif form is not None:
        found["response_format"] = form
    if tools is not None:
        found["tools"] = chat_tools(tools)
    return found


def _recorded(message: ChatMessage, images: Iterator[Image]) -> dict[str, Any]:
    written = message.model_dump(mode="json", exclude_none=True)
    content = written.get("content")
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        if any(part["type"] in IMAGE_PARTS for part in parts):
            content = [_recorded_part(part, images) for part in parts]
        else:
            content = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    return {**written, "content": content or written.get("refusal") or ""}


def _recorded_part(part: Mapping[str, Any], images: Iterator[Image]) -> dict[str, Any]:
    if part["type"] in IMAGE_PARTS:
        # A run records what it asked, and not megabytes for every item.
        image = next(images)
        return {
            "type": "input_image",
            "image_url": kept_url(image.sha256),
            "detail": image.detail.value,
        }
    return {"type": "input_text", "text": part.get("text") or ""}


def _missing(param: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.missing_required_parameter_model",
            "Missing required parameter: '{param}'. A model is sampled when both "
            "'model' and 'input_messages' are given; without either, stored answers "
            "are graded as they are.",
            param=param,
        ),
        code="missing_required_parameter",
        param=param,
    )
