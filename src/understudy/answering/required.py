"""Fields that only some forms of a request need, checked where they are needed."""

from typing import TypeVar

from understudy.errors import InvalidRequestError

Value = TypeVar("Value")


def required(value: Value | None, path: str) -> Value:
    """Return a value that has to be there; raises InvalidRequestError, naming its path."""
    if value is None:
        raise InvalidRequestError(
            f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path
        )
    return value
