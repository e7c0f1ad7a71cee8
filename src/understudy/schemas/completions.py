"""Completions, the API before chat: text or tokens that a model continues."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag

from understudy.schemas.base import TolerantRequest, WholeNumber, WireObject
from understudy.schemas.chat.answer import Usage
from understudy.schemas.chat.request import Bias, Penalty, Stop, StreamOptions

MAX_PROMPTS = 2048
TokenId = WholeNumber
TokenIds = Annotated[list[TokenId], Field(min_length=1)]


def _kind_of_prompt(value: object) -> str:
    if not isinstance(value, list):
        return "<text>"
    first = cast(list[Any], value)[0] if value else ""
    if isinstance(first, list):
        return "<token lists>"
    return "<tokens>" if isinstance(first, int) else "<texts>"


# Tags in angle brackets name a branch of a union, not a field: they never reach an error's path.
Prompt = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[list[str], Field(min_length=1, max_length=MAX_PROMPTS), Tag("<texts>")]
    | Annotated[TokenIds, Tag("<tokens>")]
    | Annotated[list[TokenIds], Field(max_length=MAX_PROMPTS), Tag("<token lists>")],
    Discriminator(_kind_of_prompt),
]


class CreateCompletion(TolerantRequest):
    """The request to go on with prompts. Null means the same as an absent field everywhere."""

    model: str | None = None
    prompt: Prompt | None = None
    best_of: Annotated[int, Field(ge=0, le=20)] | None = None
    echo: bool | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Bias] | None = None
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    max_tokens: WholeNumber | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    presence_penalty: Penalty | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    suffix: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    # Says something about the caller; the answer is the same with and without.
    user: str | None = None


class TextLogprobs(WireObject):
    """How likely the tokens of a text were; nothing stands before the first token of a prompt."""

    tokens: Sequence[str]
    token_logprobs: Sequence[float | None]
    top_logprobs: Sequence[Mapping[str, float] | None]
    text_offset: Sequence[int]
    """Where each token begins, counted in characters from the prompt's beginning."""


class TextChoice(WireObject):
    """What the model made of a prompt, or a piece of it."""

    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: Literal["stop", "length"] | None


class TextCompletion(WireObject):
    """The answer, whole or a piece of a stream."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: Sequence[TextChoice]
    system_fingerprint: str
    obfuscation: str | None = Field(default=None, exclude_if=lambda padding: padding is None)
    """Noise that hides how long the text is, for streams that ask for it."""


class TextCompletionWithUsage(TextCompletion):
    """An answer that tells what was used: null until the last piece of a stream."""

    usage: Usage | None
