"""What a remote server's answers have to be, as far as they are read; more may stand there."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ReadFunction(_Read):
    """The function of a call, or a piece of it."""

    name: str | None = None
    arguments: str | None = None


class ReadCall(_Read):
    """A call, or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: ReadFunction = ReadFunction()


class ReadMessage(_Read):
    """A message, or a piece of one."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Sequence[ReadCall] | None = None


class ReadChoice(_Read):
    """A choice, or a piece of one."""

    index: int = 0
    message: ReadMessage | None = None
    delta: ReadMessage | None = None
    finish_reason: str | None = None


class ReadPromptDetails(_Read):
    """Parts of the prompt that are counted apart."""

    cached_tokens: int | None = None


class ReadCompletionDetails(_Read):
    """Parts of the answer that are counted apart."""

    reasoning_tokens: int | None = None


class ReadUsage(_Read):
    """What an answer cost."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    prompt_tokens_details: ReadPromptDetails | None = None
    completion_tokens_details: ReadCompletionDetails | None = None


class ReadAnswer(_Read):
    """A chat completion, or a chunk of one."""

    model: str | None = None
    choices: Sequence[ReadChoice] | None = None
    usage: ReadUsage | None = None
    error: Any = None


class ReadEmbedding(_Read):
    """One embedding of a list."""

    index: int
    embedding: Sequence[float]


class ReadEmbeddings(_Read):
    """The embeddings of several texts."""

    model: str | None = None
    data: Sequence[ReadEmbedding]
    usage: ReadUsage | None = None


class ReadModeration(_Read):
    """What was found in one text. Categories that a server does not judge are absent or null."""

    flagged: bool
    categories: Mapping[str, bool | None]
    category_scores: Mapping[str, Annotated[float, Field(ge=0, le=1)] | None]
    category_applied_input_types: Mapping[str, Sequence[str] | None] | None = None


class ReadModerations(_Read):
    """What was found in several texts."""

    model: str | None = None
    results: Sequence[ReadModeration]
