"""Errors about an answer told with the names that its parameters have in Responses."""

from collections.abc import Generator
from contextlib import contextmanager

from understudy.errors import InvalidRequestError

# Whatever decides about answers speaks of them in the words of chat.
_NAMES = {"reasoning_effort": "reasoning.effort", "response_format": "text.format"}


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
