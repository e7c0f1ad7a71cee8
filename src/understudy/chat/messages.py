"""What a conversation is inside the platform: frozen values with nothing left open."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

JsonObject = Mapping[str, Any]
"""A parsed JSON object whose content belongs to the user (a tool's schema, a call's arguments)."""


class Role(StrEnum):
    """Who speaks. `developer` is read as `system`, `function` as `tool`, before this point."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """One call of a function by the assistant."""

    id: str
    name: str
    arguments: str
    """The arguments as JSON text, as on the wire; always a JSON object."""


class ImageDetail(StrEnum):
    """How closely an image is looked at."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that was read and checked; its bytes are the blob of that hash."""

    sha256: str
    width: int
    height: int
    """In pixels, as a model sees it: turned upright; both at least 1."""
    detail: ImageDetail = ImageDetail.AUTO


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str | None = None
    """Text of the turn; None only when the assistant calls tools instead of speaking."""
    parts: tuple[str | Image, ...] = ()
    """Texts and images in their order, only where a user's turn holds an image; else empty.

    `content` then holds the texts alone, joined as they are joined without images.
    """
    reasoning: str | None = None
    """What the assistant thought before it answered; None where nothing is known of it."""
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A function the assistant may call."""

    name: str
    description: str | None = None
    parameters: JsonObject | None = None
    """JSON Schema of the arguments; None means the function takes none."""
    is_strict: bool = False
    """Whether the schema is enforced when the function is called; the model does not see this."""
