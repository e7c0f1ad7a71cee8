"""Parameters of chat requests that are not supported yet, and their values that change nothing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.wording import worded


class _Refused(NamedTuple):
    """A parameter that would change the answer if it were followed."""

    neutral: tuple[Any, ...]
    """Values that ask for what happens anyway; null is always one."""


_REFUSED: Mapping[str, _Refused] = {
    "audio": _Refused(()),
    "modalities": _Refused((["text"],)),
    "prediction": _Refused(()),
    "web_search_options": _Refused(()),
}


def refuse_unsupported(request: CreateChatCompletion) -> None:
    """Raise InvalidRequestError for the first parameter that would have to be ignored."""
    for name, refused in _REFUSED.items():
        value = getattr(request, name)
        if value is None or value in refused.neutral:
            continue
        remedy = "leave it out"
        if refused.neutral:
            allowed = " or ".join(_written(neutral) for neutral in refused.neutral)
            remedy += f" or send {allowed}"
        raise InvalidRequestError(
            worded(
                "chat.unsupported_parameter_value_not",
                "Unsupported parameter: '{name}' with this value is not supported by "
                "this server yet; {remedy}.",
                name=name,
                remedy=remedy,
            ),
            code="unsupported_parameter",
            param=name,
        )


def _written(value: Any) -> str:
    return str(value).replace("'", '"') if not isinstance(value, str) else f'"{value}"'
