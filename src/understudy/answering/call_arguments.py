"""Refuses calls in a conversation whose arguments are not a JSON object."""

from understudy.data.files.strict_json import parse_object
from understudy.errors import InvalidRequestError


def check_arguments(arguments: str, path: str) -> None:
    """Raise InvalidRequestError about the parameter of that path unless it is a JSON object."""
    try:
        parse_object(arguments.encode())
    except ValueError as error:
        raise InvalidRequestError(
            f"Invalid '{path}': expected a JSON object as text, but {error}.",
            code="invalid_value",
            param=path,
        ) from error
