"""The `openai` client of the commands, with its errors as ApiError."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from openai import APIConnectionError, APIStatusError, OpenAI

from understudy.errors import UnderstudyError


class ApiError(UnderstudyError):
    """The server refused, or could not be reached."""


@contextmanager
def api_client() -> Generator[OpenAI]:
    """Yield a client of the server that OPENAI_BASE_URL names; its errors become ApiError."""
    base_url = os.environ.get("OPENAI_BASE_URL")
    api_key = os.environ.get("OPENAI_API_KEY")
    # Without this check the client would send the user's files to OpenAI.
    if not base_url:
        raise ApiError(
            "OPENAI_BASE_URL is not set. Start a server with 'understudy serve' and paste the "
            "export lines that it prints."
        )
    if not api_key:
        raise ApiError(
            "OPENAI_API_KEY is not set. Paste the export line of the server's first start, or "
            "create a key with 'understudy keys create'."
        )
    with OpenAI(base_url=base_url, api_key=api_key) as client:
        try:
            yield client
        except APIStatusError as error:
            raise ApiError(message_of(error)) from error
        except APIConnectionError as error:
            raise ApiError(
                f"Cannot reach a server at {base_url}. Start one with 'understudy serve'."
            ) from error


def message_of(error: APIStatusError) -> str:
    """Return what the server said was wrong."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return body["message"]
    return f"The server returned status {error.status_code}."
