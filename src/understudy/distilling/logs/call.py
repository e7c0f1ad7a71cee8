"""One call of a model that another program logged: what was asked, and what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from understudy.wording import worded


class UnusableLogError(ValueError):
    """A line holds no call that can be stored; says why, in words that follow "it"."""


@dataclass(frozen=True, kw_only=True)
class LoggedCall:
    """A logged call, in the fields of chat completions."""

    id: str | None
    """As the answer carried it; None where the log does not say."""
    created: int | None
    model: str
    messages: Sequence[Mapping[str, Any]]
    message: Mapping[str, Any]
    """The answer."""
    finish_reason: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields of the request besides messages and model."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


def object_at(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object that has to be there; raises UnusableLogError."""
    value = holder.get(name)
    if not isinstance(value, Mapping):
        raise UnusableLogError(
            worded(
                "distill.no_object",
                "has no object '{name}'",
                name=name,
            )
        )
    return cast("Mapping[str, Any]", value)


def list_at(holder: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list with something in it, which has to be there; raises UnusableLogError."""
    value = holder.get(name)
    if not isinstance(value, list) or not value:
        raise UnusableLogError(
            worded(
                "distill.no_list_something",
                "has no list '{name}' with something in it",
                name=name,
            )
        )
    return cast("list[Any]", value)


def text_at(holder: Mapping[str, Any], name: str) -> str:
    """Return a text that has to be there; raises UnusableLogError."""
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise UnusableLogError(
            worded(
                "distill.no_text",
                "has no text '{name}'",
                name=name,
            )
        )
    return value


def whole_number(value: Any) -> int | None:
    """Return a time or a count as a whole number, or None for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 2**53 else None
