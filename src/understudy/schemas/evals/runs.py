"""Runs of evals: where their rows come from, and which model is asked what."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from understudy.schemas.base import PositiveNumber, Seed, StoredText, StrictRequest, WholeNumber
from understudy.schemas.chat.request import Detail, Effort
from understudy.schemas.evals.evals import Name
from understudy.schemas.evals.graders import MAX_MESSAGES, TemplateText, TextPart
from understudy.schemas.metadata import Metadata

MAX_INLINE_ROWS = 10_000
MAX_REPEATS = 100
ImageText = Annotated[StoredText, StringConstraints(max_length=16 * 1024 * 1024)]
_Seconds = WholeNumber


def _tagged_by_type(*kinds: str) -> Discriminator:
    """Choose the branch of a union by `type`; the first when that is none of them."""

    def kind_of(value: object) -> str:
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        return f"<{kind if kind in kinds else kinds[0]}>"

    return Discriminator(kind_of)


class InlineRow(StrictRequest):
    """A row that stands in the request."""

    item: dict[str, Any]
    sample: dict[str, Any] | None = None


class FileContent(StrictRequest):
    """Rows that stand in the request."""

    type: Literal["file_content"]
    content: Annotated[list[InlineRow], Field(min_length=1, max_length=MAX_INLINE_ROWS)]


class FileReference(StrictRequest):
    """Rows of an uploaded file."""

    type: Literal["file_id"]
    id: StoredText


class StoredCompletions(StrictRequest):
    """Stored chat completions for which all conditions hold, the newest first."""

    type: Literal["stored_completions"]
    metadata: Metadata | None = None
    model: StoredText | None = None
    created_after: WholeNumber | None = None
    created_before: WholeNumber | None = None
    limit: PositiveNumber | None = None


class StoredResponses(StrictRequest):
    """Stored responses for which all conditions hold, the newest first."""

    type: Literal["responses"]
    metadata: Metadata | None = None
    model: StoredText | None = None
    instructions_search: StoredText | None = None
    created_after: _Seconds | None = None
    created_before: _Seconds | None = None
    reasoning_effort: Effort | None = None
    temperature: float | None = None
    top_p: float | None = None
    users: list[StoredText] | None = None
    tools: list[StoredText] | None = None
    limit: PositiveNumber | None = None
    """Not in OpenAI's reference, but in its cookbook."""


class ImagePart(StrictRequest):
    """An image in a message, named by its URL or by the id of a file; both may be variables."""

    type: Literal["input_image"]
    image_url: ImageText | None = None
    file_id: StoredText | None = None
    detail: Detail | None = None

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if (self.image_url is None) == (self.file_id is None):
            raise PydanticCustomError(
                "invalid_value", "An image is named either by 'image_url' or by 'file_id'."
            )
        return self


def _kind_of_part(value: object) -> str:
    if isinstance(value, str):
        return "<text>"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "<image>" if kind == "input_image" else "<part>"


AskedPart = Annotated[
    Annotated[TemplateText, Tag("<text>")]
    | Annotated[TextPart, Tag("<part>")]
    | Annotated[ImagePart, Tag("<image>")],
    Discriminator(_kind_of_part),
]


def _kind_of_content(value: object) -> str:
    return "<array>" if isinstance(value, list) else _kind_of_part(value)


class AskedMessage(StrictRequest):
    """A message to the model that is evaluated; only users show images."""

    type: Literal["message"] | None = None
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[
        Annotated[TemplateText, Tag("<text>")]
        | Annotated[TextPart, Tag("<part>")]
        | Annotated[ImagePart, Tag("<image>")]
        | Annotated[list[AskedPart], Field(min_length=1), Tag("<array>")],
        Discriminator(_kind_of_content),
    ]

    @property
    def parts(self) -> list[str | ImagePart]:
        """Texts and images in their order."""
        written = self.content if isinstance(self.content, list) else [self.content]
        return [part.text if isinstance(part, TextPart) else part for part in written]


class TemplateMessages(StrictRequest):
    """Messages with variables of the row in them."""

    type: Literal["template"]
    template: Annotated[list[AskedMessage], Field(min_length=1, max_length=MAX_MESSAGES)]


class MessagesOfItem(StrictRequest):
    """A variable of the row that holds the whole conversation."""

    type: Literal["item_reference"]
    item_reference: StoredText
    tools_reference: StoredText | None = None
    """A variable of the row that holds the tools of its conversation; ours, not OpenAI's."""


InputMessages = Annotated[
    Annotated[TemplateMessages, Tag("<template>")]
    | Annotated[MessagesOfItem, Tag("<item_reference>")],
    _tagged_by_type("template", "item_reference"),
]


class CompletionsSampling(StrictRequest):
    """How answers are drawn; the fields are those of Chat Completions and are checked as those."""

    reasoning_effort: Effort | None = None
    temperature: float | None = None
    max_completion_tokens: WholeNumber | None = None
    top_p: float | None = None
    seed: Seed | None = None
    response_format: Any = None
    tools: list[Any] | None = None


class TextSettings(StrictRequest):
    """What the text of a response has to be."""

    format: dict[str, Any] | None = None


class ResponsesSampling(StrictRequest):
    """How responses are drawn; the fields are those of the Responses API."""

    reasoning_effort: Effort | None = None
    temperature: float | None = None
    max_completion_tokens: WholeNumber | None = None
    top_p: float | None = None
    seed: Seed | None = None
    text: TextSettings | None = None
    tools: list[dict[str, Any]] | None = None


_Rows = Annotated[FileContent, Tag("<file_content>")] | Annotated[FileReference, Tag("<file_id>")]


class JsonlDataSource(StrictRequest):
    """Rows that are graded as they are."""

    type: Literal["jsonl"]
    source: Annotated[_Rows, _tagged_by_type("file_content", "file_id")]


class CompletionsDataSource(StrictRequest):
    """Rows that a model is asked about by chat completions."""

    type: Literal["completions"]
    source: Annotated[
        _Rows | Annotated[StoredCompletions, Tag("<stored_completions>")],
        _tagged_by_type("file_content", "file_id", "stored_completions"),
    ]
    model: StoredText | None = None
    input_messages: InputMessages | None = None
    sampling_params: CompletionsSampling | None = None


class ResponsesDataSource(StrictRequest):
    """Rows that a model is asked about by responses."""

    type: Literal["responses"]
    source: Annotated[
        _Rows | Annotated[StoredResponses, Tag("<responses>")],
        _tagged_by_type("file_content", "file_id", "responses"),
    ]
    model: StoredText | None = None
    input_messages: InputMessages | None = None
    sampling_params: ResponsesSampling | None = None


DataSource = Annotated[
    Annotated[JsonlDataSource, Tag("<jsonl>")]
    | Annotated[CompletionsDataSource, Tag("<completions>")]
    | Annotated[ResponsesDataSource, Tag("<responses>")],
    _tagged_by_type("jsonl", "completions", "responses"),
]


class CreateEvalRun(StrictRequest):
    """The request to run an eval."""

    name: Name | None = None
    metadata: Metadata | None = None
    repeats: Annotated[int, Field(ge=1, le=MAX_REPEATS)] | None = None
    """Ours: how often each row is asked, so that comparisons average over the model's chance."""
    data_source: DataSource
