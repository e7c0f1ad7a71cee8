"""Errors about chat parameters under the names that these have in Responses."""

from collections.abc import Generator
from contextlib import contextmanager

from understudy.errors import InvalidRequestError

# Shared checks of answers name the parameters of chat.
_NAMES = {
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
}


def response_name(param: str) -> str:
    """Return the name that a parameter of chat has in Responses."""
    return _NAMES.get(param, param)


@contextmanager
def with_response_names() -> Generator[None]:
    """Let errors about a parameter leave with the name that it has in Responses."""
    try:
        yield
    except InvalidRequestError as error:
        name = _NAMES.get(error.param or "")
        if name is None:
            raise
        message = error.message.replace(f"'{error.param}'", f"'{name}'")
        raise InvalidRequestError(message, code=error.code, param=name) from error
